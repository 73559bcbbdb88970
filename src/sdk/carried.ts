/**
 * How what modules say and keep travels: JSON, or the text of a state, as its UTF-8 and nothing else; bytes as they are, behind one byte that no UTF-8
 * holds (RFC 3629 section 1). So pipes, cores and disks carry both alike and look into neither; and a node of version 0.1, which knows
 * text alone, finds no JSON in bytes and refuses them, whatever they are.
 */
import type { Said } from './content.ts';
import { decodeLeniently, encode } from './utf8.ts';

const BYTES_MARK = 0xff;
/** What carrying adds to bytes. */
export const MARK_BYTES = 1;

export function carry(said: Said): Uint8Array {
  if (typeof said === 'string') return encode(said);
  const carried = new Uint8Array(MARK_BYTES + said.length);
  carried[0] = BYTES_MARK;
  carried.set(said, MARK_BYTES);
  return carried;
}

/** What was carried; bytes as a view of `carried`. */
export function saidOfCarried(carried: Uint8Array): Said {
  if (!carriesBytes(carried)) return decodeLeniently(carried);
  return new Uint8Array(carried.buffer, carried.byteOffset + MARK_BYTES, carried.length - MARK_BYTES);
}

/** Whether what begins with `carried` is bytes. */
export function carriesBytes(carried: Uint8Array | undefined): boolean {
  return carried?.[0] === BYTES_MARK;
}

/** How long what was carried is itself: what limits are about. */
export function saidBytes(carried: Uint8Array): number {
  return carriesBytes(carried) ? carried.length - MARK_BYTES : carried.length;
}
