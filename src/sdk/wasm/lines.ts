/** Output that comes in pieces, as whole lines. */
import { decodeLeniently } from '../utf8.ts';

/** A longer line is cut here: it would be kept until it ends. */
const MAX_LINE_BYTES = 8 * 1024;
const LINE_FEED = 10;

/** Takes pieces of output, and tells each line once it has ended; what is not UTF-8 in it is replaced. */
export function utf8Lines(tell: (line: string) => void): (piece: Uint8Array) => void {
  let line: number[] = [];
  const end = (): void => {
    tell(decodeLeniently(Uint8Array.from(line)));
    line = [];
  };
  return (piece) => {
    for (const byte of piece) {
      if (byte === LINE_FEED) end();
      else if (line.push(byte) === MAX_LINE_BYTES) end();
    }
  };
}
