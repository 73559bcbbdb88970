/** The coverage-guided loop finds what was planted, and only that. */
import { describe, expect, test } from 'vitest';
import { runLoop } from './run.ts';
import type { RunOptions } from './run.ts';

const PLANTED = new URL('../planted.ts', import.meta.url).href;
const DEADLINE_MS = 120_000;

function run(target: string, options: Partial<RunOptions> = {}): ReturnType<typeof runLoop> {
  return runLoop({ target, targets: PLANTED, covered: [PLANTED], seconds: 90, maxFindings: 1, maxBytes: 256, ...options });
}

describe('the loop finds', { timeout: DEADLINE_MS }, () => {
  test('a defect behind conditions that no random input meets, and makes the input small', async () => {
    const [found] = (await run('hidden')).findings;
    expect(found).toMatchObject({ kind: 'uncoded-error', what: 'TypeError: planted' });
    expect(Buffer.from(found?.input ?? [])).toEqual(Buffer.from('GO!'));
  });

  test('an input that never comes to an end', async () => {
    expect((await run('hang', { hangMs: 1_000 })).findings).toMatchObject([{ kind: 'hang' }]);
  });

  test('an input whose promise nobody keeps', async () => {
    expect((await run('never')).findings).toMatchObject([{ kind: 'hang' }]);
  });

  test('an input that fills the memory', async () => {
    expect((await run('swell', { maxHeapMb: 96, hangMs: 60_000 })).findings).toMatchObject([{ kind: 'memory' }]);
  });
});

describe('the loop finds nothing', { timeout: DEADLINE_MS }, () => {
  test('behind conditions when it does not look at the coverage', async () => {
    expect((await run('hidden', { covered: [], seconds: 1 })).findings).toEqual([]);
  });

  test('where nothing is', async () => {
    const { findings, executions, reached } = await run('sound', { seconds: 0.5 });
    expect(findings).toEqual([]);
    expect(executions).toBeGreaterThan(0);
    expect(reached.functions).toBeGreaterThan(0);
  });
});

test('the loop says so when there is no such target', async () => {
  await expect(run('nobody')).rejects.toThrow("there is no target 'nobody'");
});
