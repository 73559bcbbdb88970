/** Short hashes of texts (cyrb53, in 64 bits). Not cryptographic: they find differences between peers, which are admitted, and prove nothing. */

/** 64 bits as two numbers. */
export type Hash = readonly [number, number];

/** 16 hex digits that tell two texts apart. */
export function fingerprint(text: string): string {
  return hashHex(hashText(text));
}

/** Two independent multiplicative hashes with a final mix. */
export function hashText(text: string): Hash {
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

/** Of nothing, as most buckets hold. */
const NOTHING = '0'.repeat(16);

export function hashHex([high, low]: Hash): string {
  return high === 0 && low === 0 ? NOTHING : halfHex(high) + halfHex(low);
}

function halfHex(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}
