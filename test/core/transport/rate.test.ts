/** Token buckets, on a clock of the test's own. */
import { expect, test } from 'vitest';
import { TokenBucket, TokenBuckets } from '../../../src/core/transport/rate.ts';

const taken = (bucket: TokenBucket, times: number, now: number) =>
  Array.from({ length: times }, () => bucket.take(now)).filter(Boolean).length;

test('a bucket gives its burst at once, then its rate', () => {
  const bucket = new TokenBucket(10, 5, 1_000);
  expect([taken(bucket, 20, 1_000), taken(bucket, 20, 1_099), taken(bucket, 20, 1_100), taken(bucket, 20, 1_300)]).toEqual([5, 0, 1, 2]);
});

test('it never holds more than its burst', () => {
  const bucket = new TokenBucket(10, 5, 0);
  expect([taken(bucket, 20, 0), taken(bucket, 20, 1_000_000)]).toEqual([5, 5]);
});

test('a clock that stands still or steps back gives nothing', () => {
  const bucket = new TokenBucket(1_000, 1, 500);
  expect([bucket.take(500), bucket.take(400), bucket.take(500), bucket.take(501)]).toEqual([true, false, false, true]);
});

test('each key has its own', () => {
  const buckets = new TokenBuckets<string>(1, 2, 10);
  expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('a', 0), buckets.take('b', 0)]).toEqual([true, true, false, true]);
});

test('only so many keys are remembered, those seen last', () => {
  const buckets = new TokenBuckets<number>(0.001, 1, 3);
  for (let key = 0; key < 100; key++) buckets.take(key, 0);
  expect([buckets.size, buckets.take(99, 0), buckets.take(0, 0)]).toEqual([3, false, true]);
});
