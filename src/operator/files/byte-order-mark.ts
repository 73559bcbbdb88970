/** Files that people write in an editor may begin with a byte order mark, which no JSON parser takes; signed bytes never pass here. */
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  return MARK.equals(bytes.subarray(0, MARK.length)) ? bytes.subarray(MARK.length) : bytes;
}
