/** What the system counts of the core's thread: how long it ran, and how long it waited for a processor. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProcessorClock } from '../../../src/core/adapters/processor-time.ts';

let file: string;
beforeAll(async () => (file = join(await mkdtemp(join(tmpdir(), 'gossip-schedstat-')), 'schedstat')));
afterAll(() => rm(join(file, '..'), { recursive: true }));

/** What is told, one text after the other. */
async function told(...texts: readonly string[]): Promise<unknown[]> {
  await writeFile(file, texts[0] ?? '');
  const clock = new ProcessorClock(file);
  const answers: unknown[] = [];
  for (const text of texts.slice(1)) {
    await writeFile(file, text);
    answers.push(clock.lately());
  }
  clock.close();
  return answers;
}

describe('the time of the processor', () => {
  it('is told since it was asked last, in milliseconds', async () => {
    expect(await told('5000000 1000000 3\n', '7000000 41000000 9\n', '7000000 41000000 9\n')).toEqual([
      { ranMs: 2, waitedMs: 40 },
      { ranMs: 0, waitedMs: 0 },
    ]);
  });

  it('is not told where the system says nothing, or something else', async () => {
    expect(await told('', '0 0 0\n', 'none\n', '5000000 0 1\n', '6000000 0 2\n')).toEqual([null, null, null, { ranMs: 1, waitedMs: 0 }]);
    const nowhere = new ProcessorClock(join(file, 'absent'));
    expect(nowhere.lately()).toBeNull();
    nowhere.close();
  });

  it('is told no more once it is closed, twice too', () => {
    const clock = new ProcessorClock(file);
    clock.close();
    clock.close();
    expect(clock.lately()).toBeNull();
  });

  it.runIf(process.platform === 'linux')('is told of this thread', () => {
    const clock = new ProcessorClock();
    for (const end = performance.now() + 20; performance.now() < end;);
    expect(clock.lately()?.ranMs).toBeGreaterThan(0);
    clock.close();
  });
});
