/** The book of the bench of requests notices what must not be. */
import { expect, test } from 'vitest';
import { compareVersions, RequestLedger } from '../../bench/measures/request-ledger.ts';

const there = (version: string, value: number) => new Map([['a', { version, value }]]);

test('versions are ordered by their numbers, then by time, then by who wrote', () => {
  const ordered = ['2.9.f', '10.1.a', '10.2.a', '10.10.a', '10.10.b'];
  expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered);
  expect(compareVersions('1.1.a', '1.1.a')).toBe(0);
});

test('a write that is not there in the end, or with another value, is lost; one that was never answered may be there', () => {
  const ledger = new RequestLedger();
  const first = ledger.sent('a');
  const second = ledger.sent('a');
  ledger.written(second, { version: '2.0.', value: 2 });
  ledger.written(first, { version: '1.0.', value: 1 });
  expect(ledger.lostOf(there('2.0.', 2))).toEqual([]);
  expect(ledger.lostOf(new Map())).toEqual(['a: 2.0. is not there']);
  for (const wrong of [there('1.0.', 1), there('2.0.', 1), there('3.0.', 3)]) expect(ledger.lostOf(wrong)).toHaveLength(1);
  ledger.failed(ledger.sent('a'), 3, 'set: late');
  expect(ledger.lostOf(there('3.0.', 3))).toEqual([]);
  expect(ledger.lostOf(there('3.0.', 4))).toHaveLength(1);
  expect([ledger.acknowledged, ledger.failures, ledger.disorder]).toEqual([2, ['set: late'], []]);
});

test('an answer that knows less than an earlier one is out of order; one that overtook another is not', () => {
  const ledger = new RequestLedger();
  ledger.shown(ledger.sent('a'), null);
  const early = ledger.sent('a');
  ledger.written(ledger.sent('a'), { version: '5.0.', value: 5 });
  ledger.written(early, { version: '4.0.', value: 4 });
  ledger.shown(early, null);
  expect(ledger.disorder).toEqual([]);
  ledger.shown(ledger.sent('a'), { version: '4.0.', value: 4 });
  ledger.shown(ledger.sent('a'), null);
  ledger.written(ledger.sent('a'), { version: '5.0.', value: 6 });
  expect(ledger.disorder).toEqual(['a: 4.0. was read after 5.0.', 'a: nothing was read after 5.0.', 'a: 5.0. was given after 5.0.']);
});
