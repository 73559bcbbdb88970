/** The files of the operator's own key, while it is exchanged: the next one lies beside it until the cluster knows it. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../../core/store/files/file-system.ts';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { generateKey, toPem } from '../../trust/keys.ts';
import type { PrivateKey } from '../../trust/keys.ts';
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
export function isKeyThere({ directory }: OperatorCluster): Promise<boolean> {
  return isThere(join(directory, KEY));
}
