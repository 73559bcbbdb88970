/** Into which pieces large files of code are cut, so that each can be verified, and passed on, by itself. */

/** Smaller files travel whole. */
export const PIECED_FILE_BYTES = 256 * 1024;
const LEAST_PIECE_BYTES = 16 * 1024;
/** Their hashes fit into a small file. */
export const MAX_PIECES = 1_024;

/** The size of the pieces of so many bytes in large files: small, for what is small is passed on soon, and a few more where there are many. */
export function pieceBytesFor(bytes: number): number {
  let pieceBytes = LEAST_PIECE_BYTES;
  while (Math.ceil(bytes / pieceBytes) > MAX_PIECES / 2) pieceBytes *= 2;
  return pieceBytes;
}
