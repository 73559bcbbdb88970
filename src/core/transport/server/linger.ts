/**
 * Reading on after the last answer (RFC 9112 section 9.6). To close a socket while the peer still sends makes the kernel reset the
 * connection, and a reset can take with it an answer that the peer has not read yet. So what still comes is read and thrown away.
 */
import type { Readable } from 'node:stream';

/** Who sends less than this in a window sends no more, or drips (attack C7). */
const LEAST_BYTES = 1_024;
const WINDOW_MS = 1_000;
/** Who still sends then will not read its answer: as long as a body may take, and the longest that a route allows. */
const MOST_MS = 15_000;
const MOST_BYTES = 64 * 1024 * 1024;

/** Resolves when `source` has come to its end, when the peer has stopped sending, or when it has had enough time or sent enough. */
export function linger(source: Readable, end: 'end' | 'close'): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let bytes = 0;
  let counted = 0;
  const hear = (part: Uint8Array): void => {
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) resolve();
  };
  const count = (): void => {
    if (bytes - counted < LEAST_BYTES) resolve();
    counted = bytes;
  };
  // On a busy machine the time may be over before what came meanwhile was read: that is read first.
  const windows = setInterval(() => setImmediate(count), WINDOW_MS);
  const enough = setTimeout(resolve, MOST_MS);
  source.on('data', hear).once(end, resolve).once('close', resolve).resume();
  return promise.finally(() => {
    clearInterval(windows);
    clearTimeout(enough);
    source.off('data', hear).off(end, resolve).off('close', resolve);
  });
}
