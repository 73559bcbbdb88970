/** The files of the operator's own key, while it is exchanged: the next one lies beside it until the cluster knows it. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../../core/store/files/file-system.ts';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { generateKey, toPem } from '../../trust/keys.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { GossipError } from '../../model/errors.ts';
import { isThere } from '../files/is-there.ts';
import type { OperatorCluster } from './clusters.ts';
import { readOwnKey } from './key-file.ts';
import type { KeyOwner } from './key-file.ts';

const KEY = 'operator.key';
const NEXT = 'operator.key.next';
const OLD = 'operator.key.old';

/** The one of an earlier try, or a new one. */
export async function nextKey({ directory }: OperatorCluster, owner: KeyOwner, passphrase: string | undefined): Promise<PrivateKey> {
  const path = join(directory, NEXT);
  if (await isThere(path)) return readOwnKey(path, owner);
  const key = generateKey();
  await writeFileDurably(path, Buffer.from(toPem(key, passphrase)), { mode: 0o600 });
  return key;
}

/** Puts the next key of an earlier try in its place, if the root names it by now: that try was broken off, or others had to sign. Its id; null where there is none. */
export async function finishExchange(cluster: OperatorCluster, owner: KeyOwner): Promise<string | null> {
  const path = join(cluster.directory, NEXT);
  if (!(await isThere(path))) return null;
  const { keyid } = await readOwnKey(path, owner);
  if (!Object.hasOwn(cluster.root.root.keys, keyid)) return null;
  await takePlace(cluster);
  return keyid;
}

/** Where the old key lies afterwards: what it signed counts for as long as the trust epoch lasts. */
export async function takePlace({ directory }: OperatorCluster): Promise<string> {
  const [key, next, old] = [KEY, NEXT, OLD].map((file) => join(directory, file)) as [string, string, string];
  if (await isThere(key)) await onDisk(rename(key, old), `rename ${key}`);
  await onDisk(rename(next, key), `rename ${next}`);
  return old;
}

/** Whether this operator has a key at all. */
export async function isKeyThere({ directory }: OperatorCluster, { instead }: KeyOwner): Promise<boolean> {
  return (instead?.() ?? null) !== null || isThere(join(directory, KEY));
}

/** The new key takes the place of the file in the directory; the place of a key in hardware, or in a file of its owner's, is not ours to give. */
export function requireOwnFile({ instead }: KeyOwner): void {
  if ((instead?.() ?? null) === null) return;
  throw new GossipError('GOSSIP_E_USAGE', 'what signs here is no key in the directory of the cluster, and is exchanged where it lies', {
    advice:
      "Name the new one: 'gossip cluster rotate-key --key NAME --to NEW.pub'. Without GOSSIP_SIGNER and GOSSIP_KEY_FILE it is the directory's.",
  });
}
