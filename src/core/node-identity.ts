/** The node's own key: made on first start, never leaves the data directory. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GossipError } from '../model/errors.ts';
import { identityFromPem, makeIdentity } from '../trust/identity.ts';
import type { Identity } from '../trust/identity.ts';
import { writeFileDurably } from './store/writer.ts';

export async function nodeIdentity(dataDir: string): Promise<Identity> {
  const path = join(dataDir, 'identity.key');
  const pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new GossipError('GOSSIP_E_KEY', `${path} cannot be read: ${error.message}`, { cause: error });
  });
  if (pem !== null) return identityIn(pem, path);
  const identity = makeIdentity();
  await writeFileDurably(path, Buffer.from(identity.keyPem), { mode: 0o600 });
  return identity;
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
