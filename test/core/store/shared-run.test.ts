/** Many who want the same done share it, and nobody is told before it was begun after he asked. */
import { expect, test } from 'vitest';
import { SharedRun } from '../../../src/core/store/code/shared-run.ts';

test('whoever asks during a run gets the next one, together with the others', async () => {
  const ends: (() => void)[] = [];
  const run = new SharedRun(() => new Promise((resolve) => void ends.push(resolve)));
  const told: string[] = [];
  const ask = (name: string): Promise<void> => run.request().then(() => void told.push(name));
  const first = ask('first');
  await expect.poll(() => ends.length).toBe(1);
  const others = [ask('second'), ask('third')];
  ends[0]?.();
  await first;
  await expect.poll(() => ends.length).toBe(2);
  expect(told).toEqual(['first']);
  ends[1]?.();
  await Promise.all(others);
  expect([told, ends.length]).toEqual([['first', 'second', 'third'], 2]);
});

test('a run that fails is told to those who shared it, and the next one is tried', async () => {
  let runs = 0;
  const run = new SharedRun(async () => {
    runs += 1;
    if (runs === 1) throw new Error('the disk failed');
  });
  const both = await Promise.allSettled([run.request(), run.request()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await run.request();
  expect(runs).toBe(2);
});
