/** A new key for an operator, in a file of his own. */
import { link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, fileError } from '../../core/store/files/file-system.ts';
import { syncDirectory, temporaryName, writeFileDurably } from '../../core/store/files/writer.ts';
import { GossipError } from '../../model/errors.ts';
import { generateKey, toPem } from '../../trust/keys.ts';
import type { PublicKey } from '../../trust/keys.ts';

/** Makes a key and writes it, with mode 0600 and under a passphrase where one is given. Never over anything: a key that is gone is gone. */
export async function makeKeyFile(path: string, passphrase: string | undefined): Promise<PublicKey> {
  const key = generateKey();
  const temporary = temporaryName(path);
  await writeFileDurably(temporary, Buffer.from(toPem(key, passphrase)), { mode: 0o600 });
  try {
    // Unlike a rename it fails where something is.
    await link(temporary, path);
    await syncDirectory(dirname(path));
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EEXIST') throw fileError(thrown, `write ${path}`);
    throw new GossipError('GOSSIP_E_FILE', `${path} is there already; it is kept`, {
      advice: 'Give the name of a file that is not there.',
    });
  } finally {
    await rm(temporary, { force: true });
  }
  return { keyid: key.keyid, public: key.public };
}
