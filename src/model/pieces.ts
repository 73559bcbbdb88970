/** Into which pieces large files of code are cut, so that each can be verified, and passed on, by itself; and how they are asked for. */
import type { PieceSet } from './piece-set.ts';

/** Smaller files travel whole. */
export const PIECED_FILE_BYTES = 256 * 1024;
const LEAST_PIECE_BYTES = 16 * 1024;
/** Their hashes fit into a small file. */
export const MAX_PIECES = 1_024;
/** Of one answer. */
export const MAX_PIECES_AT_ONCE = 16;

/** The size of the pieces of so many bytes in large files: small, for what is small is passed on soon, and a few more where there are many. */
export function pieceBytesFor(bytes: number): number {
  let pieceBytes = LEAST_PIECE_BYTES;
  while (Math.ceil(bytes / pieceBytes) > MAX_PIECES / 2) pieceBytes *= 2;
  return pieceBytes;
}

export interface PieceQuestion {
  /** Wanted now; nothing: when there is something, it shall be told. */
  readonly get: readonly number[];
  /** Of these it wants to hear. */
  readonly lack: PieceSet;
}
