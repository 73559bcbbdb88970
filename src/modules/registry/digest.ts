/** Short summaries of many entries, so that equal maps are recognised with a kilobyte. Not cryptographic: peers are admitted. */
import type { Entry } from './entry.ts';

export const BUCKETS = 64;

/** 64 bits as two numbers. */
type Hash = readonly [number, number];

/** For each bucket of keys the XOR of its entries' hashes, as text. */
export function bucketDigests(entries: Iterable<Entry>): string[] {
  const sums = Array.from({ length: BUCKETS }, () => [0, 0] as [number, number]);
  for (const entry of entries) {
    const sum = sums[bucketOf(entry.key)];
    const [high, low] = hashText(entryText(entry));
    if (sum !== undefined) [sum[0], sum[1]] = [sum[0] ^ high, sum[1] ^ low];
  }
  return sums.map(hashHex);
}

export function bucketOf(key: string): number {
  return (hashText(key)[1] >>> 0) % BUCKETS;
}

/** Tells two entries of one key apart. */
export function entryHash(entry: Entry): string {
  return fingerprint(entryText(entry));
}

export function fingerprint(text: string): string {
  return hashHex(hashText(text));
}

/** Whether a value has expired each node judges by itself: that is no difference. */
function entryText({ key, version, time, writer, text, ttlMs }: Entry): string {
  return JSON.stringify(ttlMs === undefined ? [key, version, time, writer, text] : [key, version, time, writer, { ttlMs }]);
}

/** Two independent multiplicative hashes with a final mix (cyrb53). */
function hashText(text: string): Hash {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  const mixed = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  return [mixed, Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(mixed ^ (mixed >>> 13), 3_266_489_909)];
}

/** Of an empty bucket, as most are. */
const NOTHING = '0'.repeat(16);

function hashHex([high, low]: Hash): string {
  return high === 0 && low === 0 ? NOTHING : halfHex(high) + halfHex(low);
}

function halfHex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}
