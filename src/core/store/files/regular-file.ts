/**
 * Reads a small file that lies at a place which people can reach: settings, keys, module.json. A pipe or a device there would hold the program for
 * ever, and the size that a file tells, as under /proc, need not be what it gives. (What an operator names on the command line may be
 * a pipe: `src/operator/files/given-file.ts`.)
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { GossipError } from '../../../model/errors.ts';
import type { ErrorCode } from '../../../model/errors.ts';

export interface RegularFileOptions {
  readonly maxBytes: number;
  /** Of the refusal of what is no regular file, or too large. */
  readonly code: ErrorCode;
}

const CHUNK_BYTES = 64 * 1024;

/** What the file holds; a link is followed, as people make them to files that they keep elsewhere. Of one that is absent or cannot be opened the system's own error is thrown. */
export function readRegularFile(path: string, { maxBytes, code }: RegularFileOptions): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw new GossipError(code, `${path} is not a regular file`);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for (let read = -1; read !== 0;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      read = readSync(file, chunk);
      bytes += read;
      if (bytes > maxBytes) throw new GossipError(code, `${path} has more than ${maxBytes} bytes`);
      chunks.push(chunk.subarray(0, read));
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(file);
  }
}
