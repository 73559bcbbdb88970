/** What a source of code may take: judged by all that it delivers, while somebody waits for it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SourcePace } from '../../../src/core/peers/source-pace.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const pace = (): SourcePace => new SourcePace('ada', () => Date.now());
const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const never = (): Promise<never> => new Promise(() => undefined);

test('a source that never answers is given up after 5 s, and one that was fast until then after 10 s', async () => {
  const [silent, once] = [pace(), pace()];
  void silent.wait(never());
  for (let file = 0; file < 100; file += 1) once.delivered();
  void once.wait(never());
  await vi.advanceTimersByTimeAsync(4_900);
  expect([silent.signal.aborted, once.signal.aborted]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(200);
  expect([silent.signal.aborted, once.signal.aborted]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(once.signal.reason).toMatchObject({ code: 'GOSSIP_E_TIMEOUT', message: 'ada sends too slowly' });
});

test('time in which nobody waits for it, as for a slow disk, is not the source’s', async () => {
  const source = pace();
  for (let file = 0; file < 10; file += 1) {
    const answer = source.wait(after(400));
    await vi.advanceTimersByTimeAsync(400);
    await answer;
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect(source.signal.aborted).toBe(false);
});

test('several that wait at the same time cost it no more than one', async () => {
  const source = pace();
  const answers = [1, 2, 3].map(() => source.wait(after(4_000)));
  await vi.advanceTimersByTimeAsync(4_000);
  await Promise.all(answers);
  expect(source.signal.aborted).toBe(false);
});

test('whoever waits when it is given up hears why', async () => {
  const source = pace();
  const call = new Promise((_, reject) => source.signal.addEventListener('abort', () => reject(new Error('the call was given up'))));
  const heard = source.wait(call).catch((error: unknown) => error);
  source.end(new Error('another file was wrong'));
  expect(await heard).toEqual(new Error('another file was wrong'));
});
