/** How the tests run. Everything under test/ that is named *.test.ts, on Node 26: the long files first, then those that start processes, then the others. */
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.ts';
import { LongestFirst } from './scripts/longest-first.ts';

const REQUIRED_MAJOR = 26;

if (Number(process.versions.node.split('.')[0]) < REQUIRED_MAJOR) {
  throw new Error(
    `The tests need Node ${REQUIRED_MAJOR}, this is ${process.version}. Run them with 'npm test' or 'npm run unit', ` +
      `which find the project's own Node; or put node_modules/.bin first on PATH.`,
  );
}

/** What all tests share; also for whoever runs some of them by a configuration of his own. */
export const SHARED = {
  exclude: [...configDefaults.exclude, 'dist/**'],
  // Child processes: a test may change its environment, its signals and its descriptors without touching another file's.
  pool: 'forks' as const,
  // oclif writes through process.stdout; an intercepted console would keep its output from the tests that capture it.
  disableConsoleIntercept: true,
  // For the programs that tests start: what they load is compiled once, and not by each of them.
  env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/gossip-compiled', import.meta.url)) },
  // Deadlines, not expectations: real processes on two busy cores may take their time.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  teardownTimeout: 5_000,
};

/** Folders whose tests touch neither the environment nor the signals nor the clock of their process: one process serves many files. */
const PURE_FOLDERS = ['api', 'architecture', 'fuzz', 'gossip', 'model', 'modules', 'mutants', 'runner', 'sdk', 'sim', 'trust'].concat(
  ['adapters', 'admission', 'store'].map((folder) => `core/${folder}`),
  ['deploy', 'files', 'render', 'simulate', 'status', 'units'].map((folder) => `operator/${folder}`),
);
const PURE = PURE_FOLDERS.map((folder) => `test/${folder}/**/*.test.ts`);

/** On two cores: most files wait for other processes half of the time. Both projects share them, so that one fills the other's gaps. */
const WORKERS = 4;

export default defineConfig({
  test: {
    reporters: ['default', new CountReporter()],
    maxWorkers: WORKERS,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...SHARED,
          name: 'apart',
          include: ['test/**/*.test.ts'],
          exclude: [...SHARED.exclude, ...PURE],
          maxWorkers: WORKERS,
        },
      },
      { test: { ...SHARED, name: 'pure', include: PURE, isolate: false, maxWorkers: WORKERS } },
    ],
  },
});
