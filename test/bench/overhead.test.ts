/** The cores' part of an exchange: what was taken in its turns, less what the nodes take anyway, beside plain requests. */
import { expect, test } from 'vitest';
import { summarise } from '../../bench/harness/summary.ts';
import { overheadOf } from '../../bench/measures/overhead-figures.ts';
import type { Counters } from '../../bench/measures/overhead-figures.ts';
import { turnAt } from '../../bench/measures/turns.ts';
import type { Sample } from '../../bench/measures/turns.ts';

const TURN_MS = 1_000;
/** Two rounds of three turns. In each second the nodes take 10 ms and 1,000 bytes for themselves; an exchange 2 ms and 900 bytes, a request 1 ms and 800. */
const borders = (bytes: boolean, lateMs = 0): Counters[] => {
  const all: Counters[] = [
    { atMs: 3_000_000, lateMs, gossipMs: 0, plainMs: 0, gossipBytes: bytes ? 0 : null, plainBytes: bytes ? 0 : null },
  ];
  for (let index = 0; index < 6; index += 1) {
    const { atMs, gossipMs, plainMs, gossipBytes, plainBytes } = all[index] as Counters;
    const turn = turnAt(atMs, TURN_MS);
    all.push({
      atMs: atMs + TURN_MS,
      lateMs: 0,
      gossipMs: gossipMs + 10 + (turn === 'gossip' ? 20 : 0),
      plainMs: plainMs + (turn === 'plain' ? 20 : 0),
      gossipBytes: gossipBytes === null ? null : gossipBytes + 1_000 + (turn === 'gossip' ? 9_000 : 0),
      plainBytes: plainBytes === null ? null : plainBytes + (turn === 'plain' ? 16_000 : 0),
    });
  }
  return all;
};
/** So many in each turn of one side, and one before all of it that does not count. */
const samples = (side: 'gossip' | 'plain', count: number, tookMs: number): Sample[] => [
  [2_999_999, 1_000],
  ...borders(true)
    .slice(0, -1)
    .filter(({ atMs }) => turnAt(atMs, TURN_MS) === side)
    .flatMap(({ atMs }) => Array.from({ length: count }, (_, index): Sample => [atMs + index, tookMs])),
];

test('is what is left of its turns', () => {
  const { figures, remarks } = overheadOf({
    borders: borders(true),
    gossip: { samples: samples('gossip', 10, 1.2), failed: 0 },
    plain: samples('plain', 20, 1),
  });
  const medians = figures.map(({ values, baseline }) => [summarise(values)?.p50, baseline && summarise(baseline.values)?.p50]);
  expect(medians).toEqual([
    [1.2, 1],
    [2, 1],
    [900, 800],
    [100, undefined],
  ]);
  expect(figures.map(({ values }) => values.length)).toEqual([20, 2, 2, 2]);
  expect(remarks.slice(1)).toEqual(['No 99th percentile is told of 20 exchanges and 40 requests: it wants 50 of each.']);
});

test('has a 99th percentile of many samples alone', () => {
  const { figures, remarks } = overheadOf({
    borders: borders(true),
    gossip: { samples: samples('gossip', 25, 1.2), failed: 0 },
    plain: samples('plain', 25, 1),
  });
  expect(figures.map(({ name }) => name).slice(0, 2)).toEqual(['an exchange, at the median', 'an exchange, at the 99th percentile']);
  expect(remarks).toHaveLength(1);
});

test('leaves out turns whose counters were read late, and says so', () => {
  const { figures, remarks } = overheadOf({
    borders: borders(true, 800),
    gossip: { samples: samples('gossip', 10, 1.2), failed: 0 },
    plain: samples('plain', 20, 1),
  });
  expect(figures.map(({ values }) => values.length)).toEqual([20, 1, 1, 1]);
  expect(remarks[1]).toBe('Counters were read late at 1 of 7 borders; the turns beside these count for latency alone.');
});

test('has no bytes where nobody counts them, and says so; and says what had no answer', () => {
  const { figures, remarks } = overheadOf({ borders: borders(false), gossip: { samples: samples('gossip', 10, 1), failed: 3 }, plain: [] });
  expect(figures.map(({ values }) => values.length)).toEqual([20, 2, 0, 0]);
  expect(remarks.slice(1, 3)).toEqual(['3 exchanges had no answer.', "Bytes were not counted: 'ss' is not to be had here."]);
});
