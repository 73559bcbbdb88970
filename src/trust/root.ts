/** Roots: the operators' keys and roles, and the rendezvous nodes. The hash of version 1 is the cluster's id; later versions follow by `next-root.ts`. */
import { isIP } from 'node:net';
import * as v from 'valibot';
import type { Brand } from '../model/brand.ts';
import { addressForPeers } from '../model/address.ts';
import { MAX_SEQUENCE, MAX_TIME } from '../model/deployment-number.ts';
import type { Envelope } from '../model/deployment.ts';
import { GossipError } from '../model/errors.ts';
import { keyId, peerFields } from '../model/forms.ts';
import { isAddress } from '../model/names.ts';
import type { Address, ClusterId, PayloadHash, Peer } from '../model/names.ts';
import { parsePayload, readEnvelope, signEnvelope, verifyEnvelope } from './envelope.ts';
import { parseForm } from './form.ts';
import { decodePublic, keyidOf } from './keys.ts';
import type { PrivateKey, PublicKey } from './keys.ts';

export const ROOT_TYPE = 'gossip/root/1';
/** Of the whole envelope: room for every key and rendezvous node that the limits below allow. */
export const MAX_ROOT_BYTES = 64 * 1024;
const MAX_KEYS = 64;
export const MAX_RENDEZVOUS = 64;

/** `root` changes the root, `deploy` signs deployments, `admit` lets nodes in. */
export type RoleName = 'root' | 'deploy' | 'admit';
export const ROLES: readonly RoleName[] = ['root', 'deploy', 'admit'];

export interface Role {
  /** Key ids. */
  readonly keys: readonly string[];
  /** How many of them must sign. */
  readonly threshold: number;
}

export interface Root {
  readonly type: typeof ROOT_TYPE;
  /** 1, and one more with each change. */
  readonly version: number;
  /** Trust epoch: a higher one outranks every number of a lower one. */
  readonly epoch: number;
  /** The cluster's name, for people. */
  readonly name: string;
  /** Milliseconds since 1970 by the operator's clock; shown only. */
  readonly created: number;
  /** The name is for people; only roots after the first have any. */
  readonly keys: { readonly [keyid: string]: { readonly public: string; readonly name?: string } };
  readonly roles: { readonly [role in RoleName]: Role };
  readonly rendezvous: readonly Peer[];
}

/** A root whose own signatures met the threshold of its `root` role. Only `trustRoot` and, of later versions, `nextRoot` make one. */
export type TrustedRoot = Brand<
  {
    readonly cluster: ClusterId;
    readonly root: Root;
    readonly envelope: Envelope;
    /** The SHA-256 of its payload. */
    readonly hash: PayloadHash;
    /** The version before, which it was verified against; null: the first that is held here. */
    readonly previous: TrustedRoot | null;
  },
  'TrustedRoot'
>;

export interface RootOptions {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** All of them sign. */
  readonly rootKeys: readonly PrivateKey[];
  readonly deployKeys: readonly PublicKey[];
  readonly admitKeys: readonly PublicKey[];
  /** Keys that must sign, by role; 1 by default. */
  readonly thresholds?: { readonly [role in RoleName]?: number };
  readonly rendezvous: readonly Peer[];
}

const roleSchema = v.strictObject({
  keys: v.pipe(v.array(keyId), v.minLength(1), v.maxLength(MAX_KEYS)),
  threshold: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_KEYS)),
});

/** Of clusters and keys, for people: nothing that could be taken for something else. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/;
const plainName = v.pipe(v.string(), v.regex(PLAIN_NAME));

const rootSchema = v.strictObject({
  type: v.literal(ROOT_TYPE),
  version: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SEQUENCE)),
  epoch: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SEQUENCE)),
  name: plainName,
  created: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TIME)),
  keys: v.pipe(
    v.record(v.string(), v.strictObject({ public: v.pipe(v.string(), v.maxLength(128)), name: v.optional(plainName) })),
    v.check((keys) => Object.keys(keys).length <= MAX_KEYS, `at most ${MAX_KEYS} keys`),
  ),
  roles: v.strictObject({ root: roleSchema, deploy: roleSchema, admit: roleSchema }),
  rendezvous: v.pipe(
    v.array(
      v.strictObject({ ...peerFields, address: v.pipe(v.string(), v.check(isLiteralAddress, 'not a literal IP address and a port')) }),
    ),
    v.maxLength(MAX_RENDEZVOUS),
  ),
});

export function isPlainName(text: string): boolean {
  return PLAIN_NAME.test(text);
}

/** A new cluster's root, signed by all of `rootKeys`. */
export function makeRoot(options: RootOptions): Envelope {
  const { rootKeys, deployKeys, admitKeys, thresholds = {} } = options;
  const role = (keys: readonly PublicKey[], threshold = 1): Role => ({ keys: [...new Set(keys.map(({ keyid }) => keyid))], threshold });
  const root: Root = {
    type: ROOT_TYPE,
    version: 1,
    epoch: 1,
    name: options.name,
    created: options.created,
    keys: Object.fromEntries([...rootKeys, ...deployKeys, ...admitKeys].map((key) => [key.keyid, { public: key.public }])),
    roles: {
      root: role(rootKeys, thresholds.root),
      deploy: role(deployKeys, thresholds.deploy),
      admit: role(admitKeys, thresholds.admit),
    },
    rendezvous: options.rendezvous.map(({ id, address, name }) => ({ id, address, name })),
  };
  checkRoot(root);
  requireCallable(root);
  return signEnvelope(ROOT_TYPE, root, rootKeys);
}

/** Refuses an address that nobody can call, or that has a second spelling, while it can be mended: what is signed stays. */
export function requireCallable(root: Root): void {
  for (const { address } of root.rendezvous) {
    if (addressForPeers(address) !== address) refuse(`${address} is not written as ${addressForPeers(address)}`);
  }
}

/** The root of version 1 in this envelope, signed by itself. Which root to trust is for the caller to know: by `expectedCluster`, a join token or its own disk. */
export function trustRoot(envelope: unknown, expectedCluster?: ClusterId): TrustedRoot {
  const { bytes } = readEnvelope(envelope, { payloadType: ROOT_TYPE, maxBytes: MAX_ROOT_BYTES });
  const root = checkRoot(parsePayload(bytes));
  if (root.version !== 1) refuse(`version ${root.version} where the first is needed`);
  if (Object.values(root.keys).some(({ name }) => name !== undefined)) refuse('the first version names no keys');
  const verified = verifyEnvelope(envelope, { payloadType: ROOT_TYPE, maxBytes: MAX_ROOT_BYTES, ...roleOf(root, 'root') });
  const cluster = verified.hash as string as ClusterId;
  if (expectedCluster !== undefined && cluster !== expectedCluster) {
    throw new GossipError(
      'GOSSIP_E_WRONG_CLUSTER',
      `the root is that of cluster ${cluster.slice(0, 12)}, not of ${expectedCluster.slice(0, 12)}`,
    );
  }
  return { cluster, root, envelope: verified.envelope, hash: verified.hash, previous: null } as TrustedRoot;
}

/** The keys of a role by key id, and how many must sign. */
export function roleOf(root: Root, name: RoleName): { keys: ReadonlyMap<string, string>; threshold: number } {
  const { keys, threshold } = root.roles[name];
  return { keys: new Map(keys.map((keyid) => [keyid, root.keys[keyid]?.public ?? ''])), threshold };
}

/** How a person knows a key: `ada (3f0a1b2c3d4e)`, or `3f0a1b2c3d4e` where the root has no name for it. */
export function keyText({ keys }: Root, keyid: string): string {
  const name = Object.hasOwn(keys, keyid) ? keys[keyid]?.name : undefined;
  const id = keyid.slice(0, 12);
  return name === undefined ? id : `${name} (${id})`;
}

/** Host and port with a host that really is a literal IP address (attack B9). */
export function isLiteralAddress(text: string): text is Address {
  const host = text.slice(0, text.lastIndexOf(':'));
  return isAddress(text) && (host.startsWith('[') ? isIP(host.slice(1, -1)) === 6 : isIP(host) === 4);
}

/** The form of a root, and that it agrees with itself. */
export function checkRoot(value: unknown): Root {
  parseForm(rootSchema, value, 'root');
  const root = value as Root;
  for (const [keyid, key] of Object.entries(root.keys)) {
    if (keyidOf(decodePublic(key.public)) !== keyid) refuse(`key id ${keyid.slice(0, 12)} is not that of its key`);
  }
  for (const [name, role] of Object.entries(root.roles)) checkRole(root, name, role);
  requireDistinct(root.rendezvous, 'id');
  requireDistinct(root.rendezvous, 'address');
  return root;
}

function checkRole(root: Root, name: string, { keys, threshold }: Role): void {
  for (const keyid of keys)
    if (!Object.hasOwn(root.keys, keyid)) refuse(`role ${name} names a key that is not there: ${keyid.slice(0, 12)}`);
  if (new Set(keys).size !== keys.length) refuse(`role ${name} names a key twice`);
  if (threshold > keys.length) refuse(`role ${name} needs ${threshold} signatures and has ${keys.length} keys`);
}

function requireDistinct(nodes: readonly Peer[], field: 'id' | 'address'): void {
  if (new Set(nodes.map((node) => node[field])).size !== nodes.length) refuse(`two rendezvous nodes have one ${field}`);
}

function refuse(why: string): never {
  throw new GossipError('GOSSIP_E_SCHEMA', `root: ${why}`);
}
