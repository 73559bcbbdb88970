/** Takes bytes from a source that may never end, and stops one byte past what was signed (attack A6). */
import { createHash } from 'node:crypto';
import { GossipError } from '../../../model/errors.ts';
import type { ContentHash } from '../../../model/names.ts';
import { onDisk } from '../files/file-system.ts';
import type { FileHandle } from '../files/file-system.ts';
import { writeAll } from '../files/writer.ts';

export type ByteSource = Uint8Array | AsyncIterable<Uint8Array>;

export interface Received {
  readonly hash: ContentHash;
  readonly bytes: number;
}

/**
 * Writes what `source` gives to `handle`, at most `maxBytes`; a byte more ends the source and throws `GOSSIP_E_CODE_MISMATCH`.
 * `onBytes` is told of each piece once it is written. Errors of the source pass through as they are.
 */
export async function receiveBytes(
  handle: FileHandle,
  source: ByteSource,
  maxBytes: number,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Received> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    if (bytes + chunk.length > maxBytes)
      throw new GossipError('GOSSIP_E_CODE_MISMATCH', `more than the ${maxBytes} bytes that were signed`);
    await onDisk(writeAll(handle, chunk), 'store code');
    hash.update(chunk);
    bytes += chunk.length;
    onBytes(chunk.length);
  }
  return { hash: `sha256:${hash.digest('hex')}` as ContentHash, bytes };
}
