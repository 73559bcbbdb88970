/**
 * Roots after the first: version n+1 counts when the thresholds of n and of n+1 have signed it, and only after n (attack A11). So whoever holds any
 * version comes to the newest by the steps between, however long it was away. A root does not expire: what is out of date cannot be told by a
 * clock (law 7).
 */
import type { Envelope } from '../model/deployment.ts';
import { GossipError } from '../model/errors.ts';
import type { NodeId } from '../model/names.ts';
import { inspectEnvelope, MAX_SIGNATURES, parsePayload, readEnvelope, signEnvelope, verifyEnvelope } from './envelope.ts';
import type { Quorum } from './envelope.ts';
import type { PrivateKey } from './keys.ts';
import { checkRoot, MAX_ROOT_BYTES, requireCallable, roleOf, ROOT_TYPE } from './root.ts';
import type { Root, SigningRole, TrustedRoot } from './root.ts';

const READING = { payloadType: ROOT_TYPE, maxBytes: MAX_ROOT_BYTES } as const;

/** What may change from one version to the next; the rest stays. */
export type RootChange = Partial<Pick<Root, 'epoch' | 'name' | 'keys' | 'roles' | 'rendezvous' | 'modules'>> & Pick<Root, 'created'>;

/** A step with the signatures that count so far. */
export interface UnfinishedRoot {
  readonly root: Root;
  readonly envelope: Envelope;
  /** Whose signatures are there, and how many more the version before and this one itself need. */
  readonly signers: readonly string[];
  readonly lacking: { readonly before: number; readonly own: number };
}

/** The version after `previous`, once both thresholds have signed it; refuses any other version with `GOSSIP_E_ROOT_VERSION`. */
export function nextRoot(previous: TrustedRoot, input: unknown): TrustedRoot {
  const { bytes } = readEnvelope(input, READING);
  const before = verifyEnvelope(input, { ...READING, ...roleOf(previous.root, 'root') });
  const root = checkFollowing(parsePayload(bytes), previous);
  const own = verifyEnvelope(input, { ...READING, ...roleOf(root, 'root') });
  const counted = new Map([...before.envelope.signatures, ...own.envelope.signatures].map((signature) => [signature.keyid, signature]));
  const envelope = { ...own.envelope, signatures: [...counted.values()] };
  return { cluster: previous.cluster, root, envelope, hash: own.hash, previous } as object as TrustedRoot;
}

/** The first version that is held here. */
export function firstHeld(newest: TrustedRoot): TrustedRoot {
  let first = newest;
  while (first.previous !== null) first = first.previous;
  return first;
}

/** The newest root that the steps, in their order, lead to. Those that are known are passed over; one that leaves out a version is refused. */
export function extendRoot(held: TrustedRoot, steps: Iterable<unknown>): TrustedRoot {
  let newest = held;
  for (const step of steps) {
    if (versionIn(step) <= newest.root.version) continue;
    newest = nextRoot(newest, step);
  }
  return newest;
}

/** The steps that lead from `version` to the newest, as many as the bounds allow; none where `version` is not among those that are held. */
export function stepsAfter(newest: TrustedRoot, version: number, { maxSteps = Infinity, maxBytes = Infinity } = {}): Envelope[] {
  const backwards: Envelope[] = [];
  let at: TrustedRoot | null = newest;
  for (; at !== null && at.root.version > version; at = at.previous) backwards.push(at.envelope);
  if (at?.root.version !== version) return [];
  const steps = backwards.toReversed();
  let bytes = 0;
  const fit = steps.findIndex((step, place) => place >= maxSteps || (bytes += JSON.stringify(step).length) > maxBytes);
  return fit === -1 ? steps : steps.slice(0, Math.max(1, fit));
}

/** The version that a step says it is of; nothing of it may be believed. */
export function versionIn(step: unknown): number {
  const { bytes } = readEnvelope(step, READING);
  return checkRoot(parsePayload(bytes)).version;
}

/** Another root of the newest version that the step shows: somebody signed two. Nobody may take it: keys that were exchanged would rule on (attack A11). */
export function rivalOf(newest: TrustedRoot, step: Envelope): TrustedRoot | undefined {
  if (newest.previous === null || step.payload === newest.envelope.payload || versionIn(step) !== newest.root.version) return undefined;
  return nextRoot(newest.previous, step);
}

/**
 * Who may act in a role: the keys of the newest root, or of any version before it in the same trust epoch. So a key that was exchanged in time stays good
 * for what it signed, and whatever nodes know of the root they agree on that; the keys of an epoch end with it.
 */
export function actingRole({ root, previous }: TrustedRoot, name: SigningRole): Quorum & { readonly orBy: readonly Quorum[] } {
  const seen = new Set([JSON.stringify(root.roles[name])]);
  const orBy: Quorum[] = [];
  for (let at = previous; at !== null && at.root.epoch === root.epoch; at = at.previous) {
    const role = JSON.stringify(at.root.roles[name]);
    if (seen.has(role)) continue;
    seen.add(role);
    orBy.push(roleOf(at.root, name));
  }
  return { ...roleOf(root, name), orBy };
}

/** Who could act in a role in the trust epochs before. */
export function pastRoles(root: TrustedRoot, name: SigningRole): readonly Quorum[] {
  const past: Quorum[] = [];
  let { epoch } = root.root;
  for (let at = root.previous; at !== null; at = at.previous) {
    if (at.root.epoch === epoch) continue;
    ({ epoch } = at.root);
    const { orBy, ...own } = actingRole(at, name);
    past.push(own, ...orBy);
  }
  return past;
}

/** The trust epoch that a version belongs to; null: it is not held here. */
export function epochOf(newest: TrustedRoot, version: number): number | null {
  let at: TrustedRoot | null = newest;
  while (at !== null && at.root.version > version) at = at.previous;
  return at?.root.version === version ? at.root.epoch : null;
}

/** Whether some version named this rendezvous node: then it was a member by that alone. */
export function wasRendezvous(newest: TrustedRoot, id: NodeId): boolean {
  for (let at: TrustedRoot | null = newest; at !== null; at = at.previous)
    if (at.root.rendezvous.some((node) => node.id === id)) return true;
  return false;
}

/** The version after `previous` with these changes, signed by `signers`, who may be too few: others countersign. */
export function makeNextRoot(previous: TrustedRoot, change: RootChange, signers: readonly PrivateKey[]): Envelope {
  const { modules: before, ...kept } = previous.root;
  // What an epoch begins with is said once, by the version that opens it.
  const isSame = (change.epoch ?? kept.epoch) === kept.epoch;
  const modules = isSame ? before : change.modules;
  const next: Root = { ...kept, ...change, version: kept.version + 1, ...(modules !== undefined && { modules }) };
  const used = new Set(Object.values(next.roles).flatMap(({ keys }) => keys));
  const root: Root = { ...next, keys: Object.fromEntries(Object.entries(next.keys).filter(([keyid]) => used.has(keyid))) };
  checkFollowing(root, previous);
  requireCallable(root);
  return signEnvelope(ROOT_TYPE, root, signers);
}

/** Checked in everything but the number of signatures: for people who look at what they may sign. */
export function inspectNextRoot(previous: TrustedRoot, input: unknown): UnfinishedRoot {
  const { bytes } = readEnvelope(input, READING);
  const root = checkFollowing(parsePayload(bytes), previous);
  const [before, own] = [roleOf(previous.root, 'root'), roleOf(root, 'root')];
  const { envelope } = inspectEnvelope(input, { ...READING, keys: new Map([...before.keys, ...own.keys]) });
  const lacking = ({ keys, threshold }: Quorum): number =>
    Math.max(0, threshold - envelope.signatures.filter(({ keyid }) => keys.has(keyid)).length);
  return {
    root,
    envelope,
    signers: envelope.signatures.map(({ keyid }) => keyid),
    lacking: { before: lacking(before), own: lacking(own) },
  };
}

function checkFollowing(value: unknown, { root: before }: TrustedRoot): Root {
  const root = checkRoot(value);
  if (root.version !== before.version + 1) {
    throw new GossipError('GOSSIP_E_ROOT_VERSION', `root version ${root.version} does not follow version ${before.version}`);
  }
  // One at a time, so that there is always a next one.
  if (root.epoch !== before.epoch && root.epoch !== before.epoch + 1) {
    throw new GossipError('GOSSIP_E_ROOT_VERSION', `trust epoch ${root.epoch} does not follow epoch ${before.epoch}`);
  }
  if (root.epoch === before.epoch && root.modules !== before.modules) {
    throw new GossipError('GOSSIP_E_ROOT_VERSION', 'what a trust epoch begins with is said by the version that opens it');
  }
  if (Object.values(root.roles).some(({ threshold }) => threshold > MAX_SIGNATURES)) {
    throw new GossipError('GOSSIP_E_SCHEMA', `root: a threshold above the ${MAX_SIGNATURES} signatures that an envelope carries`);
  }
  // Both thresholds sign one envelope.
  const shared = root.roles.root.keys.filter((keyid) => before.roles.root.keys.includes(keyid)).length;
  const needed = before.roles.root.threshold + root.roles.root.threshold;
  if (needed - Math.min(shared, before.roles.root.threshold, root.roles.root.threshold) > MAX_SIGNATURES) {
    throw new GossipError(
      'GOSSIP_E_SCHEMA',
      `root: more signatures are needed of both versions than the ${MAX_SIGNATURES} that an envelope carries`,
    );
  }
  return root;
}
