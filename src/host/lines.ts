/** Lines of text in a stream of bytes, as debuggers and hosts exchange them: each a message, or a sign that a debugger comes or goes. */

const NEWLINE = 0x0a;
/** The largest message that is taken: a script, or a piece of a heap snapshot. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** To a host: a debugger comes. */
export const COMES = '+';
/** To a host: it goes. From a host: it is gone, and what was sent before was for it. */
export const GOES = '-';

/** Cuts what arrives into lines. Throws a RangeError where one has more than `MAX_LINE_BYTES`. */
export class LineReader {
  #pieces: Buffer[] = [];
  #bytes = 0;

  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      lines.push(Buffer.concat([...this.#pieces, chunk.subarray(from, end)]).toString());
      this.#pieces = [];
      this.#bytes = 0;
      from = end + 1;
    }
    this.#bytes += chunk.length - from;
    if (this.#bytes > MAX_LINE_BYTES) throw new RangeError(`a message of more than ${MAX_LINE_BYTES} bytes`);
    if (from < chunk.length) this.#pieces.push(chunk.subarray(from));
    return lines;
  }
}
