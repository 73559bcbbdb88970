/**
 * Exchanges the operator's own key: a new one takes its place in every role that it has. The new key is on the disk before anybody hears of it, and takes the old
 * one's place when a node has the root; whatever is interrupted between is finished by the next try.
 */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { onDisk } from '../../core/store/files/file-system.ts';
import { GossipError } from '../../model/errors.ts';
import { generateKey, toPem } from '../../trust/keys.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { inspectNextRoot, makeNextRoot, nextRoot } from '../../trust/next-root.ts';
import type { RoleName, Root, TrustedRoot } from '../../trust/root.ts';
import type { OperatorClient } from '../client/client.ts';
import { openOperatorKey } from './clusters.ts';
import type { OperatorCluster } from './clusters.ts';
import { readOwnKey } from './key-file.ts';
import type { KeyOwner } from './key-file.ts';
import { injectRoot, refreshRoot } from './root-change.ts';
import type { Refreshed, RootHolder } from './root-change.ts';
import { keepSteps } from './root-steps.ts';
import { isThere } from '../files/is-there.ts';

const KEY = 'operator.key';
const NEXT = 'operator.key.next';
export const OLD = 'operator.key.old';

export interface RotateOptions {
  readonly client: OperatorClient;
  readonly owner: KeyOwner;
  /** Encrypts the new key. */
  readonly passphrase: string | undefined;
  /** A name for it, for people. */
  readonly name: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Rotated {
  readonly root: TrustedRoot;
  readonly before: string;
  readonly after: string;
  readonly roles: readonly RoleName[];
  /** Where the root entered, and where the old key lies. */
  readonly node: string;
  readonly old: string;
}

export async function rotateKey(given: OperatorCluster, options: RotateOptions): Promise<Rotated> {
  const { client, owner, passphrase, name, now } = options;
  const refreshed = await refreshRoot(given, client);
  const { cluster } = refreshed;
  await finishInterrupted(cluster, owner);
  const entrance = entranceOf(refreshed);
  const key = await openOperatorKey(cluster, owner);
  const next = await nextKey(cluster, owner, passphrase);
  const envelope = makeNextRoot(cluster.root, exchange(cluster.root.root, key, next, { name, now }), [key, next]);
  const { lacking } = inspectNextRoot(cluster.root, envelope);
  const missing = Math.max(lacking.before, lacking.own);
  if (missing > 0) {
    throw new GossipError('GOSSIP_E_THRESHOLD', `${missing} more root keys must sign a change of the root, and one alone is here`, {
      advice: 'Nothing was changed.',
    });
  }
  const root = nextRoot(cluster.root, envelope);
  await injectRoot(client, entrance, root);
  await keepSteps(cluster.directory, root);
  await takePlace(cluster);
  const roles = rolesOf(cluster.root.root, key.keyid);
  const { node } = entrance;
  return { root, before: key.keyid, after: next.keyid, roles, node: node.name || node.address, old: join(cluster.directory, OLD) };
}

/** Nodes that know of the first root only would stay behind for ever; and somebody must answer who holds the newest. */
export function entranceOf({ cluster, holders }: Refreshed): RootHolder {
  const unaware = holders.filter(({ status }) => status.root === undefined);
  if (unaware.length > 0) {
    const names = unaware.map(({ status }) => status.name).join(', ');
    throw new GossipError('GOSSIP_E_ROOT_VERSION', `the program on ${names} knows of the first root only`, {
      advice: 'Update the program on every node before you change the root; nothing was changed.',
    });
  }
  const { version } = cluster.root.root;
  const rendezvous = new Set(cluster.root.root.rendezvous.map(({ id }) => id));
  const current = holders.filter(({ status }) => status.root?.hash === cluster.root.hash);
  const entrance = current.find(({ node }) => rendezvous.has(node.id)) ?? current[0];
  if (entrance !== undefined) return entrance;
  throw new GossipError('GOSSIP_E_UNREACHABLE', `no node answers that holds version ${version} of the root`);
}

/** The new key stands where the old one stood. */
export function exchange(root: Root, old: PrivateKey, next: PrivateKey, { name, now }: { name: string | undefined; now: number }) {
  if (rolesOf(root, old.keyid).length === 0)
    throw new GossipError('GOSSIP_E_KEY', `the root does not name the key ${old.keyid.slice(0, 12)}: there is nothing to exchange`);
  const { name: before } = root.keys[old.keyid] ?? {};
  const called = name ?? before;
  const replaced = (role: Root['roles'][RoleName]) => ({ ...role, keys: role.keys.map((id) => (id === old.keyid ? next.keyid : id)) });
  return {
    created: now,
    keys: { ...root.keys, [next.keyid]: { public: next.public, ...(called !== undefined && { name: called }) } },
    roles: { root: replaced(root.roles.root), deploy: replaced(root.roles.deploy), admit: replaced(root.roles.admit) },
  };
}

function rolesOf(root: Root, keyid: string): RoleName[] {
  return (['root', 'deploy', 'admit'] as const).filter((role) => root.roles[role].keys.includes(keyid));
}

/** The one of an earlier try, or a new one. */
export async function nextKey({ directory }: OperatorCluster, owner: KeyOwner, passphrase: string | undefined): Promise<PrivateKey> {
  const path = join(directory, NEXT);
  if (await isThere(path)) return readOwnKey(path, owner);
  const key = generateKey();
  await writeFileDurably(path, Buffer.from(toPem(key, passphrase)), { mode: 0o600 });
  return key;
}

/** A root that names the next key already was made known by an earlier try, which then ended. */
export async function finishInterrupted(cluster: OperatorCluster, owner: KeyOwner): Promise<void> {
  await takeNextPlace(cluster, cluster.root, owner);
}

/** The next key takes its place, where `root` names it; whether it did. */
export async function takeNextPlace(cluster: OperatorCluster, { root }: TrustedRoot, owner: KeyOwner): Promise<boolean> {
  const path = join(cluster.directory, NEXT);
  if (!(await isThere(path))) return false;
  const { keyid } = await readOwnKey(path, owner);
  if (!Object.hasOwn(root.keys, keyid)) return false;
  await takePlace(cluster);
  return true;
}

/** The old key stays beside it: what it signed counts for as long as the trust epoch lasts. */
async function takePlace({ directory }: OperatorCluster): Promise<void> {
  const [key, next, old] = [KEY, NEXT, OLD].map((file) => join(directory, file)) as [string, string, string];
  if (await isThere(key)) await onDisk(rename(key, old), `rename ${key}`);
  await onDisk(rename(next, key), `rename ${next}`);
}
