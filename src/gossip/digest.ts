/** The digest of a set of records: the XOR of their payload hashes, cut to 128 bits. Adding and removing are the same step. */
import type { PayloadHash } from '../model/names.ts';

/** 128 bits, base64url: equal when the configurations are equal. */
export type Digest = string;

export const DIGEST = /^[A-Za-z0-9_-]{22}$/;

export class RunningDigest {
  readonly #words = new Uint32Array(4);
  #text: Digest | null = null;

  /** Adds the record if it is outside, removes it if it is inside. */
  toggle(hash: PayloadHash): void {
    for (const [place, word] of this.#words.entries()) this.#words[place] = word ^ parseInt(hash.slice(place * 8, place * 8 + 8), 16);
    this.#text = null;
  }

  get text(): Digest {
    this.#text ??= base64url([...this.#words].map((word) => word.toString(16).padStart(8, '0')).join(''));
    return this.#text;
  }
}

/** The digest of these records, each counted once. */
export function digestOf(hashes: Iterable<PayloadHash>): Digest {
  const digest = new RunningDigest();
  for (const hash of new Set(hashes)) digest.toggle(hash);
  return digest.text;
}

/** Hex digits as base64url: a third shorter on the wire. */
export function base64url(hex: string): string {
  return Uint8Array.fromHex(hex).toBase64({ alphabet: 'base64url', omitPadding: true });
}

/** The reverse of `base64url`, for text that matches `DIGEST`. */
export function hexOf(text: string): string {
  return Uint8Array.fromBase64(text, { alphabet: 'base64url' }).toHex();
}
