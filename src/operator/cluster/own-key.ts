/** The files of the operator's own key, while it is exchanged: the next one lies beside it until the cluster knows it. */
import { link, readdir, rename } from 'node:fs/promises';
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

export interface NextKey {
  /** Encrypts it. */
  readonly passphrase: string | undefined;
  /** Whether a new one is written down: not where it is only told what would change. */
  readonly isKept: boolean;
}

/** The one of an earlier try, or a new one. */
export async function nextKey({ directory }: OperatorCluster, owner: KeyOwner, { passphrase, isKept }: NextKey): Promise<PrivateKey> {
  const path = join(directory, NEXT);
  if (await isThere(path)) return readOwnKey(path, owner);
  const key = generateKey();
  if (isKept) await writeFileDurably(path, Buffer.from(toPem(key, passphrase)), { mode: 0o600 });
  return key;
}

/** Puts the next key of an earlier try in its place, if the root names it by now: that try was broken off, or others had to sign. Its id, and where the old one lies; null where there is none. */
export async function finishExchange(cluster: OperatorCluster, owner: KeyOwner): Promise<{ keyid: string; old: string } | null> {
  const path = join(cluster.directory, NEXT);
  if (!(await isThere(path))) return null;
  const { keyid } = await readOwnKey(path, owner);
  if (!Object.hasOwn(cluster.root.root.keys, keyid)) return null;
  return { keyid, old: await takePlace(cluster) };
}

/** Where the old key lies afterwards: what it signed counts for as long as the trust epoch lasts. Those that were exchanged before lie beside it, numbered. */
export async function takePlace({ directory }: Pick<OperatorCluster, 'directory'>): Promise<string> {
  const [key, next, old] = [KEY, NEXT, OLD].map((file) => join(directory, file)) as [string, string, string];
  if (await isThere(key)) {
    await keepOlder(directory);
    await onDisk(rename(key, old), `rename ${key}`);
  }
  await onDisk(rename(next, key), `rename ${next}`);
  return old;
}

/** `operator.key.old.1` is the first that was exchanged. By a link, so that nothing is lost if this breaks off, and nothing is overwritten. */
async function keepOlder(directory: string): Promise<void> {
  const old = join(directory, OLD);
  if (!(await isThere(old))) return;
  const names = await onDisk(readdir(directory), `read ${directory}`);
  const numbers = names.map((name) => Number(name.startsWith(`${OLD}.`) ? name.slice(OLD.length + 1) : 0)).filter(Number.isSafeInteger);
  const kept = `${old}.${Math.max(0, ...numbers) + 1}`;
  await onDisk(link(old, kept), `keep ${old} as ${kept}`);
}

/** Whether this operator has a key at all. */
export async function isKeyThere({ directory }: Pick<OperatorCluster, 'directory'>, { instead }: KeyOwner): Promise<boolean> {
  return (instead?.() ?? null) !== null || isThere(join(directory, KEY));
}

/** What to do where the key that signs lies elsewhere, and is to be exchanged by this command. */
const ELSEWHERE = {
  'rotate-key':
    "Name the new one: 'gossip cluster rotate-key --key NAME --to NEW.pub'. Without GOSSIP_SIGNER and GOSSIP_KEY_FILE it is the directory's.",
  recover:
    "Have it dropped with another root key: 'gossip cluster recover --drop NAME'. Where there is none, make one (gossip key new NEW.key), let it in ('gossip cluster add-operator NAME NEW.pub --role root --role deploy --role admit'), and recover with that: GOSSIP_KEY_FILE=NEW.key gossip cluster recover --drop NAME. If it is the directory's key that was stolen, unset GOSSIP_SIGNER and GOSSIP_KEY_FILE.",
} as const;

/** The new key takes the place of the file in the directory; the place of a key in hardware, or in a file of its owner's, is not ours to give. */
export function requireOwnFile({ instead }: KeyOwner, command: keyof typeof ELSEWHERE): void {
  const chosen = instead?.() ?? null;
  if (chosen === null) return;
  const where = 'file' in chosen ? `the key in ${chosen.file}` : `the signer ${chosen.program}`;
  throw new GossipError(
    'GOSSIP_E_USAGE',
    `${where} signs here, and is no key in the directory of the cluster: it is exchanged where it lies`,
    {
      advice: ELSEWHERE[command],
    },
  );
}

/** The key that was exchanged last; null where there is none. */
export async function oldKey({ directory }: OperatorCluster, owner: KeyOwner): Promise<PrivateKey | null> {
  const path = join(directory, OLD);
  return (await isThere(path)) ? readOwnKey(path, owner) : null;
}
