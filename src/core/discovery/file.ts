/** Addresses out of a file, which is read anew each time. */
import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { GossipError } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { MAX_SOURCE_BYTES } from './limits.ts';

/** @throws GOSSIP_E_JOIN_FROM for what cannot be read, is no file, or is larger than 64 KiB */
export async function textOfFile(path: string): Promise<string> {
  // A pipe that nobody writes into would never open.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    throw wrong(path, cause.code === 'ENOENT' ? 'is not there' : `cannot be read: ${cause.message}`, cause);
  });
  try {
    if (!(await file.stat()).isFile()) throw wrong(path, 'is no file');
    const bytes = Buffer.alloc(MAX_SOURCE_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      ({ bytesRead: read } = await file.read(bytes, length, bytes.length - length));
    }
    if (length > MAX_SOURCE_BYTES) throw wrong(path, `is larger than ${MAX_SOURCE_BYTES / 1024} KiB`);
    return bytes.toString('utf8', 0, length);
  } finally {
    await file.close();
  }
}

function wrong(path: string, why: string, cause?: unknown): GossipError {
  return new GossipError('GOSSIP_E_JOIN_FROM', `${safeText(path, MAX_TOLD)} ${why}`, { cause });
}
