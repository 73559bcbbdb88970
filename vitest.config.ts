/** How the tests run. Everything under test/ that is named *.test.ts, on Node 26, two files at a time. */
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.ts';

const REQUIRED_MAJOR = 26;

if (Number(process.versions.node.split('.')[0]) < REQUIRED_MAJOR) {
  throw new Error(
    `The tests need Node ${REQUIRED_MAJOR}, this is ${process.version}. Run them with 'npm test' or 'npm run unit', ` +
      `which find the project's own Node; or put node_modules/.bin first on PATH.`,
  );
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'dist/**'],
    // Child processes: a test may change its environment, its signals and its descriptors without touching another file's.
    pool: 'forks',
    maxWorkers: 2,
    // oclif writes through process.stdout; an intercepted console would keep its output from the tests that capture it.
    disableConsoleIntercept: true,
    // For the programs that tests start: what they load is compiled once, and not by each of them.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/gossip-compiled', import.meta.url)) },
    reporters: ['default', new CountReporter()],
    // Deadlines, not expectations: real processes on two busy cores may take their time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 5_000,
  },
});
