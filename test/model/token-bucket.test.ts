/** Token buckets, on a clock of the test's own. */
import { expect, test } from 'vitest';
import { TokenBucket, TokenBuckets } from '../../src/model/token-bucket.ts';

const taken = (bucket: TokenBucket, times: number, now: number) =>
  Array.from({ length: times }, () => bucket.take(now)).filter(Boolean).length;

test('a bucket gives its burst at once, then its rate', () => {
  const bucket = new TokenBucket(5, 100, 1_000);
  expect([taken(bucket, 20, 1_000), taken(bucket, 20, 1_099), taken(bucket, 20, 1_100), taken(bucket, 20, 1_300)]).toEqual([5, 0, 1, 2]);
});

test('it never holds more than its burst', () => {
  const bucket = new TokenBucket(5, 100, 0);
  expect([taken(bucket, 20, 0), taken(bucket, 20, 1_000_000)]).toEqual([5, 5]);
});

test('a clock that stands still or steps back gives nothing', () => {
  const bucket = new TokenBucket(1, 1, 500);
  expect([bucket.take(500), bucket.take(400), bucket.take(500), bucket.take(501)]).toEqual([true, false, false, true]);
});

test('each key has its own', () => {
  const buckets = new TokenBuckets<string>(2, 1_000, 10);
  expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('a', 0), buckets.take('b', 0)]).toEqual([true, true, false, true]);
});

test('only so many keys are remembered, those seen last', () => {
  const buckets = new TokenBuckets<number>(1, 1_000_000, 3);
  for (let key = 0; key < 100; key++) buckets.take(key, 0);
  expect([buckets.size, buckets.take(99, 0), buckets.take(0, 0)]).toEqual([3, false, true]);
});

test('what happened already can take it below nothing, and is made good first', () => {
  const bucket = new TokenBucket(4, 100);
  bucket.spend(0, 6);
  expect([bucket.left(0), bucket.left(200), taken(bucket, 20, 400), bucket.left(10_000)]).toEqual([-2, 0, 2, 4]);
});

test('a full bucket does not forgive what is spent after a pause', () => {
  const bucket = new TokenBucket(4, 100);
  bucket.spend(10_000, 3);
  expect(bucket.left(10_000)).toBe(1);
});
