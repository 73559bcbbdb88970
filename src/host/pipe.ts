/** The host's end of the pipe to its core. */
import { Socket } from 'node:net';
import { encodeFrame, FrameReader } from './frames.ts';
import type { Frame } from './frames.ts';
import { LAST_BYTES_MS, maxBodyToHost, parseToHost } from './messages.ts';
import type { FromHost, ToHost } from './messages.ts';

const PIPE_FD = 3;

export class CorePipe {
  readonly #socket = new Socket({ fd: PIPE_FD, readable: true, writable: true });

  /** Calls `take` with each frame, and ends the process with its core: a host serves nobody else. */
  listen(take: (frame: Frame<ToHost>) => void): void {
    const reader = new FrameReader<ToHost>({ parseHeader: parseToHost, maxBodyBytes: maxBodyToHost, pieceBytes: Infinity });
    this.#socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) take(frame);
    });
    this.#socket.on('error', () => process.exit(0));
    this.#socket.on('close', () => process.exit(0));
    this.#socket.on('end', () => process.exit(0));
  }

  send(header: FromHost, body?: Uint8Array): void {
    for (const part of encodeFrame(header, body && [body])) this.#socket.write(part);
  }

  /** Sends a last frame, then ends the process when that and all it printed is written. */
  end(exitCode: number, header?: FromHost): void {
    if (header !== undefined) this.send(header);
    setTimeout(() => process.exit(exitCode), LAST_BYTES_MS);
    const written = [this.#socket, process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve)));
    void Promise.all(written).then(() => process.exit(exitCode));
  }
}
