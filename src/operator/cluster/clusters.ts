/** The operator's side of a cluster: its root, the keys that sign for it, and the identity that its nodes admit. */
import { join } from 'node:path';
import { makeDirectories } from '../../core/store/files/directories.ts';
import { onDisk } from '../../core/store/files/file-system.ts';
import { writeFileDurably } from '../../core/store/files/writer.ts';
import { GossipError } from '../../model/errors.ts';
import type { Envelope } from '../../model/deployment.ts';
import type { Peer } from '../../model/names.ts';
import { makeAdmission, makeDelegation } from '../../trust/admission.ts';
import type { Admission } from '../../trust/admission.ts';
import { identityFromPem, makeIdentity } from '../../trust/identity.ts';
import type { Identity } from '../../trust/identity.ts';
import { generateKey, toPem } from '../../trust/keys.ts';
import type { HeldKey, PrivateKey, PublicKey } from '../../trust/keys.ts';
import { firstHeld, stepsAfter } from '../../trust/next-root.ts';
import { makeRoot, roleOf, trustRoot } from '../../trust/root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import { makeToken } from '../../trust/token.ts';
import { readGivenText } from '../files/given-file.ts';
import { readOwnKey } from './key-file.ts';
import { requireRole } from './lacking-role.ts';
import { keepSteps, withSteps } from './root-steps.ts';
import { openInstead } from './signs-instead.ts';
import type { KeyOwner } from './key-file.ts';
import { checkClusterName } from '../settings/settings.ts';
import type { ClusterEntry, Settings } from '../settings/settings.ts';
import { about, contentsOf } from '../../trust/file-contents.ts';
import { isThere } from '../files/is-there.ts';

/** A cluster as an operator's commands use it. */
export interface OperatorCluster {
  readonly name: string;
  readonly directory: string;
  /** The newest that is known: a command that hears of a newer one goes on to it. */
  root: TrustedRoot;
  /** Who the commands are in TLS, and why nodes let them in; null where the cluster was imported without a token. */
  readonly identity: Identity;
  readonly admission: Admission | null;
  /** Nodes of the settings, beside the root's rendezvous nodes. */
  readonly nodes: readonly Peer[];
}

export interface InitClusterOptions {
  readonly name: string;
  readonly rendezvous: readonly Peer[];
  /** The operator's key, where it lies elsewhere; by default one is made, in the directory. */
  readonly key?: PrivateKey | undefined;
  /** Encrypts the key that is made. */
  readonly passphrase?: string | undefined;
  /** Where keys and root go; by default `clusters/NAME` in the operator's home. */
  readonly directory?: string | undefined;
  /** Further operators whose keys may sign deployments. */
  readonly deployers?: readonly PublicKey[];
  /** How many of the deployers must sign (default 1). */
  readonly deployThreshold?: number;
  /** Nodes that can be named in `--to` although they are no rendezvous nodes. */
  readonly nodes?: readonly Peer[];
}

const FILES = { root: 'root.json', key: 'operator.key', identity: 'identity.key', admission: 'admission.json' } as const;

/** Makes the operator's key, the root and the operator's admission, and makes the cluster the current one. */
export async function initCluster(settings: Settings, options: InitClusterOptions): Promise<OperatorCluster> {
  const name = checkClusterName(options.name);
  const { key, keyPem } = options.key === undefined ? newKey(options.passphrase) : { key: options.key, keyPem: null };
  const envelope = rootOf(name, key, options);
  const root = trustRoot(envelope);
  const identity = makeIdentity();
  const admission = admit(root, identity, key);
  const nodes = options.nodes ?? [];
  const kept: KeptCluster = {
    name,
    directory: options.directory,
    root,
    identity,
    admission,
    keyPem,
    nodes,
  };
  const { directory } = await keepCluster(settings, kept);
  return { name, directory, root, identity, admission, nodes };
}

/** What lies in the directory of a cluster. Whoever imports it may lack an admission, or a key. */
export interface KeptCluster {
  readonly name: string;
  /** By default `clusters/NAME` in the operator's home. */
  readonly directory?: string | undefined;
  readonly root: TrustedRoot;
  readonly identity: Identity;
  readonly admission: Admission | null;
  readonly keyPem: string | null;
  readonly nodes: readonly Peer[];
}

/** Writes a new cluster, and makes it the current one. Never over another. */
export async function keepCluster(settings: Settings, cluster: KeptCluster): Promise<{ name: string; directory: string }> {
  const name = checkClusterName(cluster.name);
  const directory = cluster.directory ?? join(settings.home, 'clusters', name);
  await settings.makeHome();
  await requireNew(settings, name, directory);
  await onDisk(makeDirectories(directory), `make ${directory}`);
  await save(directory, FILES.root, JSON.stringify(firstHeld(cluster.root).envelope));
  if (cluster.root.previous !== null) await keepSteps(directory, cluster.root);
  if (cluster.admission !== null) await save(directory, FILES.admission, JSON.stringify(cluster.admission));
  if (cluster.keyPem !== null) await save(directory, FILES.key, cluster.keyPem);
  // The identity comes last: a directory without it is one that can be made again.
  await save(directory, FILES.identity, cluster.identity.keyPem);
  await settings.save(name, { cluster: cluster.root.cluster, directory, nodes: cluster.nodes });
  return { name, directory };
}

/** Adds what an import lacked. A key is never replaced. */
export async function addToCluster(
  { name, directory }: OperatorCluster,
  { admission, keyPem }: Pick<KeptCluster, 'admission' | 'keyPem'>,
): Promise<void> {
  if (keyPem !== null) {
    if (await isThere(join(directory, FILES.key))) throw alreadyThere(name, directory);
    await save(directory, FILES.key, keyPem);
  }
  if (admission !== null) await save(directory, FILES.admission, JSON.stringify(admission));
}

/** Opens a cluster of the settings, by default the current one. */
export function openCluster(settings: Settings, name?: string): Promise<OperatorCluster> {
  return openEntry(settings.cluster(name));
}

/** The same of what the settings say, or are about to say. */
export async function openEntry(entry: ClusterEntry & { readonly name: string }): Promise<OperatorCluster> {
  const path = join(entry.directory, FILES.root);
  const value = json(await load(path), path);
  const first = about(path, '', () => trustRoot(value, entry.cluster));
  const root = await withSteps(entry.directory, first);
  const identityPath = join(entry.directory, FILES.identity);
  const identityPem = await load(identityPath);
  const identity = about(identityPath, '', () => identityFromPem(identityPem));
  const admission = await readAdmission(entry.directory);
  return { name: entry.name, directory: entry.directory, root, identity, admission, nodes: entry.nodes };
}

/** Form and signatures are checked by every node it is shown to. */
async function readAdmission(directory: string): Promise<Admission | null> {
  const path = join(directory, FILES.admission);
  return (await isThere(path)) ? (json(await load(path), path) as Admission) : null;
}

/** The key that signs for the cluster: the one in its directory, or what its owner chose instead. */
export async function openOperatorKey(cluster: OperatorCluster, owner: KeyOwner): Promise<PrivateKey> {
  return (await openInstead(owner)) ?? openKeyInDirectory(cluster, owner);
}

/** The one in the directory, whatever was chosen: of clusters that a command made for itself. */
export async function openKeyInDirectory(cluster: OperatorCluster, owner: KeyOwner): Promise<HeldKey> {
  const path = join(cluster.directory, FILES.key);
  if (await isThere(path)) return readOwnKey(path, owner);
  throw new GossipError('GOSSIP_E_KEY', `there is no key to sign with in ${cluster.directory}`, {
    advice: 'Restore it from the backup, import the cluster again with --key, or name a key: GOSSIP_KEY_FILE, --signer.',
  });
}

export interface JoinToken {
  readonly token: string;
  /** The id of its key: names it, and gives nothing of it away. */
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** A token with which any number of nodes may join until it expires. */
export function makeJoinToken(cluster: OperatorCluster, key: PrivateKey, options: { validMs: number; now: number }): JoinToken {
  requireAdmitting(cluster, key);
  requireTokens(cluster);
  const secret = generateKey();
  const expires = options.now + options.validMs;
  const delegation = makeDelegation({ cluster: cluster.root.cluster, public: secret.public, expires }, [key]);
  const { root } = cluster;
  const first = firstHeld(root);
  const token = makeToken({ root: first.envelope, delegation, secret, steps: stepsAfter(root, first.root.version) });
  return { token, fingerprint: secret.keyid, expires };
}

/** A token is signed by one key, in one go. */
function requireTokens({ root }: OperatorCluster): void {
  const { threshold } = roleOf(root.root, 'admit');
  if (threshold === 1) return;
  throw new GossipError('GOSSIP_E_THRESHOLD', `${threshold} keys must sign who is let in, and a join token is signed by one`, {
    advice:
      "Let each in by its id, 'gossip admit ID --write FILE': of a machine 'gossip node identity' prints it there, of an operator 'gossip cluster import'.",
  });
}

/** A further operator's key signs deployments; what it signed of nodes would be refused by every one. */
export function requireAdmitting({ name, root }: Pick<OperatorCluster, 'name' | 'root'>, key: PrivateKey, what = 'let nodes into'): void {
  requireRole({ name, root }, key, 'admit', what);
}

function newKey(passphrase: string | undefined): { key: HeldKey; keyPem: string } {
  const key = generateKey();
  return { key, keyPem: toPem(key, passphrase) };
}

function rootOf(name: string, key: PrivateKey, options: InitClusterOptions): Envelope {
  const deployKeys = [key, ...(options.deployers ?? [])];
  const deploy = options.deployThreshold ?? 1;
  if (deploy > deployKeys.length) {
    throw new GossipError('GOSSIP_E_USAGE', `${deploy} operators must sign, but there are ${deployKeys.length}`, {
      advice: 'Name the public keys of the others with --deployer.',
    });
  }
  return makeRoot({
    name,
    created: Date.now(),
    rootKeys: [key],
    deployKeys,
    admitKeys: [key],
    thresholds: { root: 1, deploy, admit: 1 },
    rendezvous: options.rendezvous,
  });
}

/** The operator's admission anew, by a key that admits now: one of an earlier trust epoch admits to no node that did not know it. Where more keys than one must sign, the old one stays. */
export async function renewAdmission({ directory, identity }: OperatorCluster, root: TrustedRoot, key: PrivateKey): Promise<void> {
  const { keys, threshold } = roleOf(root.root, 'admit');
  if (threshold > 1 || !keys.has(key.keyid)) return;
  await save(directory, FILES.admission, JSON.stringify(admit(root, identity, key)));
}

/** An admission that never expires; the key it was delegated to is thrown away at once. */
function admit(root: TrustedRoot, identity: Identity, key: PrivateKey): Admission {
  const secret = generateKey();
  const delegation = makeDelegation({ cluster: root.cluster, public: secret.public, expires: null }, [key]);
  return makeAdmission({ cluster: root.cluster, node: identity.id }, delegation, secret);
}

async function requireNew(settings: Settings, name: string, directory: string): Promise<void> {
  const { [name]: taken } = settings.clusters();
  const there = [...(taken === undefined ? [] : [taken.directory]), directory];
  for (const place of there) {
    if (!(await isThere(join(place, FILES.key))) && !(await isThere(join(place, FILES.identity)))) continue;
    throw alreadyThere(name, place);
  }
}

function alreadyThere(name: string, place: string): GossipError {
  return new GossipError('GOSSIP_E_FILE', `there is a cluster '${name}' already, in ${place}; its keys are kept`, {
    advice: 'Choose another name with --name.',
  });
}

function save(directory: string, file: string, text: string): Promise<void> {
  return writeFileDurably(join(directory, file), Buffer.from(text), { mode: 0o600 });
}

function load(path: string): Promise<string> {
  return readGivenText(path, 'own');
}

function json(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_KEY', `${path} is damaged: ${contentsOf(Buffer.from(text))}`, { cause, advice: RESTORE });
  }
}

const RESTORE = "Restore the cluster's directory from its backup; without one, import the cluster again under another name.";
