/** What the core adds to exchanges, by a clock of paper. */
import { expect, test } from 'vitest';
import { countRequest } from '../../../src/core/adapters/request-counts.ts';
import type { RequestCounts } from '../../../src/core/adapters/request-counts.ts';
import { Traffic } from '../../../src/core/adapters/traffic.ts';

test('the time of an exchange is what its message and its answer lay in the core, and not the time between', () => {
  let now = 0;
  const traffic = new Traffic(() => now);
  const [message, answer] = [new Uint8Array(3), new Uint8Array(5)];
  traffic.came(message);
  now = 2;
  const spent = traffic.left(message);
  now = 1_002;
  traffic.came(answer, spent ?? 0);
  now = 1_005;
  traffic.done('asked', answer);
  expect([spent, traffic.asked.core.sumMs, traffic.answered.core.sumMs]).toEqual([2, 5, 0]);
});

test('what nobody saw come is not counted', () => {
  const traffic = new Traffic(() => 0);
  traffic.done('answered', new Uint8Array());
  expect([traffic.left(new Uint8Array()), traffic.answered.core.counts.every((count) => count === 0)]).toEqual([null, true]);
});

test('bytes are those of the messages, and of the header lines beside them', () => {
  const traffic = new Traffic(() => 0);
  traffic.carried('asked', [new Uint8Array(3), new Uint8Array(5)], [['ab', 'cde']]);
  expect([traffic.asked.bodyBytes, traffic.asked.addedBytes]).toEqual([8, 'ab: cde\r\n'.length]);
});

test('requests are counted for each module, answered or not', () => {
  const counts = new Map<string, RequestCounts>();
  countRequest(counts, 'a', true, 5);
  countRequest(counts, 'a', false, 7);
  countRequest(counts, 'b', true, 1);
  expect([...counts]).toEqual([
    ['a', { answered: 1, failed: 1, tookMs: 12 }],
    ['b', { answered: 1, failed: 0, tookMs: 1 }],
  ]);
});
