/**
 * The bytes of one generation: a header that tells damage, then the state.
 *
 * Magic (6 bytes), version (2), sequence (8), length (8), SHA-256 of the four and the state (32). Numbers are big-endian.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

const MAGIC = Buffer.from('gossip');
const VERSION = 1;
const CHECKED_BYTES = 24;
export const HEADER_BYTES = 56;
/** How much is hashed before other work of the process gets its turn: a few milliseconds' worth. */
const SLICE_BYTES = 1024 * 1024;
const EMPTY = new Uint8Array(0);

export type Decoded = { readonly sequence: number; readonly state: Buffer } | 'damaged' | 'newer-format';

/** The header that belongs in front of `state`. */
export async function encodeHeader(sequence: number, state: Uint8Array, version = VERSION): Promise<Buffer> {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt16BE(version, 6);
  header.writeBigUInt64BE(BigInt(sequence), 8);
  header.writeBigUInt64BE(BigInt(state.length), 16);
  (await checksum(header, state)).copy(header, CHECKED_BYTES);
  return header;
}

/** The state in a file's bytes, when every one of them is as it was written. */
export async function decodeGeneration(bytes: Buffer): Promise<Decoded> {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'damaged';
  const state = bytes.subarray(HEADER_BYTES);
  if (bytes.readBigUInt64BE(16) !== BigInt(state.length)) return 'damaged';
  if (!(await checksum(bytes, state)).equals(bytes.subarray(CHECKED_BYTES, HEADER_BYTES))) return 'damaged';
  if (bytes.readUInt16BE(6) !== VERSION) return 'newer-format';
  const sequence = Number(bytes.readBigUInt64BE(8));
  return Number.isSafeInteger(sequence) ? { sequence, state } : 'damaged';
}

function checksum(header: Buffer, state: Uint8Array): Promise<Buffer> {
  return sha256(state, header.subarray(0, CHECKED_BYTES));
}

/** The SHA-256 of what may be many megabytes, without holding up the process. */
export async function sha256(state: Uint8Array, head: Uint8Array = EMPTY): Promise<Buffer> {
  const hash = createHash('sha256').update(head);
  for (let at = 0; at < state.length; at += SLICE_BYTES) {
    if (at > 0) await nextTurn();
    hash.update(state.subarray(at, at + SLICE_BYTES));
  }
  return hash.digest();
}
