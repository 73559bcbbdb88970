/** Runs tests of the copy that it was started in, as often as its parent asks: `RunRequest` in, `TestRun` out. */
import { relative } from 'node:path';
import { startVitest } from 'vitest/node';
import type { TestModule, Vitest } from 'vitest/node';
import type { RunRequest, TestRun } from './test-run.ts';

process.on('message', (request: RunRequest) => void run(request).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit());

async function run({ files, names, testTimeoutMs }: RunRequest): Promise<TestRun> {
  const vitest = await startVitest('test', [...files], {
    watch: false,
    testNamePattern: names.map((name) => RegExp.escape(name)).join('|'),
    testTimeout: testTimeoutMs,
    maxWorkers: Number(process.env.MUTANT_WORKERS ?? 1),
    reporters: [{}],
  });
  const result = resultOf(vitest);
  await vitest.close();
  return result;
}

function resultOf(vitest: Vitest): TestRun {
  const modules = vitest.state.getTestModules();
  const tests = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => {
      const { state, errors = [] } = test.result();
      return {
        file: relative(process.cwd(), module.moduleId),
        name: test.fullName,
        state,
        errors: errors.map(({ name = 'Error', message }) => ({ name, message: message.slice(0, 300) })),
      };
    }),
  );
  return { tests, broken: modules.flatMap(brokenIn) };
}

function brokenIn(module: TestModule): string[] {
  const suites = [...module.children.allSuites()];
  return [...module.errors(), ...suites.flatMap((suite) => suite.errors())].map(({ message }) => message.slice(0, 300));
}
