/**
 * The bytes of one copy: a header that shows damage, then the state.
 *
 * Magic (6 bytes), version (2), sequence (8), length (8), SHA-256 of the four and the state (32). Numbers are big-endian.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bytesOf } from '../../../model/state-bytes.ts';

const MAGIC = Buffer.from('gossip');
const VERSION = 1;
const CHECKED_BYTES = 24;
export const HEADER_BYTES = 56;
/** How much is hashed before other work of the process gets its turn: less than a millisecond's worth on most machines. */
const SLICE_BYTES = 256 * 1024;
const EMPTY = new Uint8Array(0);

export type Decoded = { readonly sequence: number; readonly state: Buffer } | 'damaged' | 'newer-format';

/** The header that belongs in front of `state`, which may come in pieces. */
export async function encodeHeader(sequence: number, state: readonly Uint8Array[], version = VERSION): Promise<Buffer> {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16BE(version, 6);
  header.writeBigUInt64BE(BigInt(sequence), 8);
  header.writeBigUInt64BE(BigInt(bytesOf(state)), 16);
  (await checksum(header, state)).copy(header, CHECKED_BYTES);
  return header;
}

/** The state in a file's bytes, when every one of them is as it was written. */
export async function decodeCopy(bytes: Buffer): Promise<Decoded> {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'damaged';
  const state = bytes.subarray(HEADER_BYTES);
  if (bytes.readBigUInt64BE(16) !== BigInt(state.length)) return 'damaged';
  if (!(await checksum(bytes, [state])).equals(bytes.subarray(CHECKED_BYTES, HEADER_BYTES))) return 'damaged';
  if (bytes.readUInt16BE(6) !== VERSION) return 'newer-format';
  const sequence = Number(bytes.readBigUInt64BE(8));
  return Number.isSafeInteger(sequence) ? { sequence, state } : 'damaged';
}

function checksum(header: Buffer, state: readonly Uint8Array[]): Promise<Buffer> {
  return sha256(state, header.subarray(0, CHECKED_BYTES));
}

/** The SHA-256 of what may be many megabytes, without holding up the process. */
export async function sha256(state: readonly Uint8Array[], head: Uint8Array = EMPTY): Promise<Buffer> {
  const hash = createHash('sha256').update(head);
  let sinceTurn = 0;
  for (const slice of slicesOf(state)) {
    if (sinceTurn + slice.length > SLICE_BYTES) {
      await nextTurn();
      sinceTurn = 0;
    }
    hash.update(slice);
    sinceTurn += slice.length;
  }
  return hash.digest();
}

function* slicesOf(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += SLICE_BYTES) yield piece.subarray(at, at + SLICE_BYTES);
  }
}
