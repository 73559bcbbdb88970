/** What an instance has asked and not heard the end of. */
import { expect, test } from 'vitest';
import { OpenExchanges } from '../../src/sdk/open-exchanges.ts';
import { VirtualTime } from '../../src/sdk/virtual/virtual-time.ts';

const peer = { id: 'b'.repeat(64), address: '10.0.0.9:1', name: 'b' };
const outcome = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: Error) => error.message);

function opened(giveUpMs?: number): { open: OpenExchanges; asked: number[]; time: VirtualTime } {
  const [asked, time] = [[] as number[], new VirtualTime()];
  const open = new OpenExchanges({ ask: (token) => asked.push(token), after: (delayMs, run) => time.after(delayMs, run), giveUpMs });
  return { open, asked, time };
}

test('a message beyond 64 on their way is dropped, until one of them has come to an end', () => {
  const { open, asked } = opened();
  const sent = Array.from({ length: 66 }, () => open.send(peer, '1'));
  expect([sent.filter(Boolean).length, asked.length]).toEqual([64, 64]);
  open.failed(asked[0] as number, 'unreachable', 'not there');
  open.answered(asked[0] as number, '1');
  expect([open.send(peer, '1'), open.send(peer, '1')]).toEqual([true, false]);
});

test('an exchange past its deadline is over for the module, and keeps its place until its core has told what came of it', async () => {
  const { open, asked, time } = opened();
  const late = Array.from({ length: 64 }, () => outcome(open.exchange(peer, '1', { timeoutMs: 100 })));
  await time.advance(100);
  expect(await Promise.all(late)).toEqual(Array.from({ length: 64 }, () => 'b: no answer within 100 ms'));
  expect(() => open.exchange(peer, '1', {})).toThrow('64 exchanges are open');
  open.answered(asked[0] as number, '"too late"');
  const next = open.exchange(peer, '1', { timeoutMs: 100 });
  open.answered(asked[64] as number, '"in time"');
  await time.advance(1_000);
  expect(await next).toBe('in time');
});

test('what has no outcome at all is given up, and its place with it', async () => {
  const { open, time } = opened(5_000);
  const lost = outcome(open.exchange(peer, '1', { timeoutMs: 60_000 }));
  for (let count = 0; count < 64; count++) open.send(peer, '1');
  await time.advance(5_000);
  expect([await lost, open.send(peer, '1')]).toEqual(['b: no answer within 5000 ms', true]);
});

test('an answer that is no JSON is a failure', async () => {
  const { open, asked } = opened();
  const broken = outcome(open.exchange(peer, '1', {}));
  open.answered(asked[0] as number, '{');
  expect(await broken).toMatch(/^the answer is not JSON: SyntaxError/);
});
