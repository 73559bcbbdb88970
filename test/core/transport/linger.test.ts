/** Reading on after the last answer, for as long as that is worth it. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { linger } from '../../../src/core/transport/server/linger.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A peer, and whether it is still listened to. */
function lingering(end: 'end' | 'close' = 'end') {
  const source = new PassThrough();
  const state = { source, done: false };
  void linger(source, end).then(() => (state.done = true));
  return state;
}

/** One part in each 900 ms; seconds until nobody listens, at most 20. */
async function sendOn(bytes: number): Promise<number> {
  const peer = lingering();
  let waitedMs = 0;
  for (; !peer.done && waitedMs < 20_000; waitedMs += 900) {
    peer.source.emit('data', Buffer.alloc(bytes));
    await vi.advanceTimersByTimeAsync(900);
  }
  return Math.ceil(waitedMs / 1_000);
}

test('a peer that still sends is listened to, for as long as a body may take', async () => {
  expect(await sendOn(2_000)).toBe(16);
});

test('one that drips is not', async () => {
  expect(await sendOn(100)).toBe(2);
});

test('nor is one that sends without end', async () => {
  expect(await sendOn(40 * 1024 * 1024)).toBe(2);
});

test('a machine that had no time to read for a while reads first', async () => {
  const peer = lingering();
  // The window is over, and the part that came within it is read only then.
  setTimeout(() => peer.source.emit('data', Buffer.alloc(2_000)), 1_000);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(peer.done).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(peer.done).toBe(true);
});

test('it ends with the body, or with the connection', async () => {
  const [body, gone, half] = [lingering(), lingering('close'), lingering('close')];
  body.source.end();
  gone.source.destroy();
  half.source.emit('end');
  await vi.advanceTimersByTimeAsync(500);
  expect([body.done, gone.done, half.done]).toEqual([true, true, false]);
});
