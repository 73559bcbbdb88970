/** The node's own key: made on first start, never leaves the data directory. */
import { join } from 'node:path';
import { GossipError } from '../../model/errors.ts';
import { identityFromPem, makeIdentity } from '../../trust/identity.ts';
import type { Identity } from '../../trust/identity.ts';
import { isAbsence } from '../store/files/file-system.ts';
import { readRegularFile } from '../store/files/regular-file.ts';
import { writeFileDurably } from '../store/files/writer.ts';

/** Many times what a key takes. */
const MAX_KEY_BYTES = 64 * 1024;

export async function nodeIdentity(dataDir: string): Promise<Identity> {
  const path = join(dataDir, 'identity.key');
  const pem = readPem(path);
  if (pem !== null) return identityIn(pem, path);
  const identity = makeIdentity();
  await writeFileDurably(path, Buffer.from(identity.keyPem), { mode: 0o600 });
  return identity;
}

function readPem(path: string): string | null {
  try {
    return readRegularFile(path, { maxBytes: MAX_KEY_BYTES, code: 'GOSSIP_E_KEY' }).toString('utf8');
  } catch (error) {
    if (isAbsence(error)) return null;
    throw new GossipError('GOSSIP_E_KEY', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function identityIn(pem: string, path: string): Identity {
  try {
    return identityFromPem(pem);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_KEY', `${path} is damaged: ${(cause as Error).message}`, {
      advice: 'Restore it from the backup; or remove it, and join as a new node with --join TOKEN.',
      cause,
    });
  }
}
