/** Brings a deployment into the cluster: mint a number, sign, announce, send what the node lacks, and have it acknowledged as durable. */
import type { NumberScope } from '../../api/deployments.ts';
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { CodeReference, Deployment, Envelope, VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { requirePresentSigners, signDeployment, verifyDeployment } from '../../trust/deployment.ts';
import { canonicalBytes } from '../../trust/canonical.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { CodeSource } from './code-source.ts';
import { describe } from '../client/connection-error.ts';
import type { Passage } from './passage.ts';
import { Records } from '../status/records.ts';
import type { NodeNames } from '../status/records.ts';
import { upload } from './upload.ts';

/** What is to be deployed; everything but the number. */
export interface Draft {
  readonly module: ModuleName;
  /** Null removes the module. */
  readonly code: CodeReference | null;
  /** By default those of the module's newest deployment. */
  readonly settings?: JsonObject | undefined;
  readonly scrub: boolean;
  readonly rollbackOf: PayloadHash | null;
  readonly author: string;
  readonly message: string;
  /** Refuses unless the module's newest deployment has this name: guards against a race of two operators. */
  readonly expect?: string | undefined;
  /** The same by its hash, null for none: what a person had before them when they agreed. */
  readonly after?: PayloadHash | null;
}

export interface Signing {
  readonly root: TrustedRoot;
  readonly key: PrivateKey;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Highest number that was seen before, whatever the node knows: numbers go on above it (`highest.ts`). */
  readonly floor?: number;
}

export interface Deployed {
  readonly record: VerifiedDeployment;
  /** `d3` */
  readonly name: string;
  /** The records as they were known when the number was minted, and the new one. */
  readonly records: Records;
}

/** Other operators may take numbers meanwhile; more often than this something else is wrong. */
const MINTINGS = 8;
/** A node may lose blobs between two announcements only by a fault of its disk. */
const ANNOUNCEMENTS = 3;

/** Deploys through `node`, minting the next number as long as others take it. */
export async function deploy(
  signing: Signing,
  api: NodeApi,
  node: NodeAddress,
  draft: Draft,
  code: CodeSource | null,
  onPassage?: (passage: Passage) => void,
): Promise<Deployed> {
  for (let left = MINTINGS; ; left -= 1) {
    const known = await recordsOf(signing.root, api, node);
    const record = mint(signing, node, draft, known);
    try {
      await inject(api, node, record.envelope, code, { onPassage });
      const records = Records.of([...known.all, record], new Map());
      return { record, name: records.name(record), records };
    } catch (thrown) {
      const taken = thrown instanceof GossipError && thrown.code === 'GOSSIP_E_NUMBER_TAKEN';
      if (!taken || left === 1) throw thrown;
    }
  }
}

/** Signs the next deployment of what `node` knows, and injects nothing. Others may still have to countersign it. */
export async function prepare(
  signing: Signing,
  api: NodeApi,
  node: NodeAddress,
  draft: Draft,
): Promise<{ deployment: Deployment; envelope: Envelope }> {
  const deployment = number(signing, node, draft, await recordsOf(signing.root, api, node));
  const envelope = signDeployment(deployment, [signing.key]);
  try {
    verifyDeployment(envelope, signing.root);
  } catch (thrown) {
    if (!isUnfinished(thrown)) throw thrown;
  }
  return { deployment, envelope };
}

export interface Injecting {
  readonly scope?: NumberScope;
  /** Told often how far the code has come. */
  readonly onPassage?: ((passage: Passage) => void) | undefined;
}

/** Posts a signed deployment; resolves when record and code are durable on the node. */
export async function inject(
  api: NodeApi,
  node: NodeAddress,
  envelope: Envelope,
  code: CodeSource | null,
  { scope = 'cluster', onPassage }: Injecting = {},
): Promise<'applied' | 'known'> {
  // The manifest is only needed by a node that lacks the code; a node that has it says so without.
  const manifest = code === null ? null : await code.manifest();
  for (let left = ANNOUNCEMENTS; left > 0; left -= 1) {
    const answer = await api.announce(node, envelope, manifest, scope);
    if ('outcome' in answer) return answer.outcome;
    if (code !== null) await upload(api, node, code, answer, onPassage);
  }
  throw new GossipError('GOSSIP_E_DISK', `${node.name || node.address} took the code and still lacks parts of it`);
}

/** The verified configuration of one node; the refusal names the node. */
export async function recordsOf(root: TrustedRoot, api: NodeApi, node: NodeAddress, names: NodeNames = new Map()): Promise<Records> {
  const envelopes = await api.configuration(node);
  try {
    return await Records.verified(envelopes, root, names);
  } catch (thrown) {
    const { code, message } = toGossipError(thrown);
    throw new GossipError(code, `${describe(node)} shows a configuration that does not verify: ${message}`, {
      advice: "If the root has changed, take it over with 'gossip cluster show'. Else do not trust that node: name another one with --to.",
      cause: thrown,
    });
  }
}

/** What the operator may not know: that nothing would change. */
export function draftRemarks({ module, code, settings, scrub }: Draft, known: Records): string[] {
  const newest = known.newest(module);
  if (newest === undefined || (scrub && code !== null)) return [];
  const now = newest.deployment;
  if (now.code?.hash !== code?.hash) return [];
  if (code === null) return [`${module} is removed already, by ${known.name(newest)}; this is one more deployment that removes it.`];
  if (settings !== undefined && !isSame(settings, now.settings)) return [];
  return [
    `The newest deployment of ${module}, ${known.name(newest)}, has this code and these settings already: nothing would change but the number.`,
  ];
}

/** Whatever the order of their fields. */
function isSame(a: JsonObject, b: JsonObject): boolean {
  return Buffer.compare(canonicalBytes(a), canonicalBytes(b)) === 0;
}

/** Verified here as every node will: what would be refused everywhere is not sent at all (law 2). */
function mint(signing: Signing, node: NodeAddress, draft: Draft, known: Records): VerifiedDeployment {
  const envelope = signDeployment(number(signing, node, draft, known), [signing.key]);
  try {
    const record = verifyDeployment(envelope, signing.root);
    requirePresentSigners(record, signing.root);
    return record;
  } catch (thrown) {
    if (!isUnfinished(thrown)) throw thrown;
    throw new GossipError(thrown.code, thrown.message, {
      advice: "Sign it into a file, with --write FILE, and hand that to the next operator: 'gossip config sign FILE'.",
      cause: thrown,
    });
  }
}

/** Others must sign too. */
function isUnfinished(thrown: unknown): thrown is GossipError {
  return thrown instanceof GossipError && thrown.code === 'GOSSIP_E_THRESHOLD';
}

/** The next number: above what the node knows, and what was seen before. */
export function nextSequence(known: Records, floor = 0): number {
  return Math.max(known.highestSequence, floor) + 1;
}

function number({ root, now, floor }: Signing, node: NodeAddress, draft: Draft, known: Records): Deployment {
  const newest = known.newest(draft.module);
  if (newest === undefined && !draft.scrub) requireKnowing({ root, floor }, node, draft.module, known);
  requireExpected(draft, newest, known);
  requireAfter(draft, newest, known);
  return {
    type: 'gossip/deployment/1',
    cluster: root.cluster,
    epoch: root.root.epoch,
    number: { sequence: nextSequence(known, floor), time: now(), origin: node.id },
    module: draft.module,
    code: draft.code,
    settings: draft.settings ?? newest?.deployment.settings ?? {},
    // Of what had its name in an earlier trust epoch, state may lie on some node's disk.
    scrub: draft.scrub || (newest === undefined && root.root.epoch > 1),
    rollbackOf: draft.rollbackOf,
    author: draft.author,
    message: draft.message,
  };
}

interface Minting {
  readonly root: TrustedRoot;
  readonly floor: number | undefined;
}

/**
 * What is new in a later trust epoch begins with no state (below). So whoever has just come and knows too little must not be taken at its word that a module is new:
 * the state of all nodes would go. `GOSSIP_E_BUSY`.
 */
function requireKnowing({ root: { root }, floor = 0 }: Minting, node: NodeAddress, module: ModuleName, known: Records): void {
  if (root.epoch === 1) return;
  if (known.highestSequence >= floor && known.modules.length >= (root.modules ?? 0)) return;
  throw new GossipError(
    'GOSSIP_E_BUSY',
    `${node.name || node.address} does not know yet what was deployed, and so not whether ${module} is new`,
    {
      advice: 'Try again shortly, or name another node with --to. Where no node knows it any more, give --scrub.',
    },
  );
}

function requireExpected({ expect, module }: Draft, newest: VerifiedDeployment | undefined, known: Records): void {
  if (expect === undefined) return;
  if (newest !== undefined && isNamed(expect, newest, known)) return;
  const found = newest === undefined ? 'nothing' : known.name(newest);
  throw new GossipError('GOSSIP_E_EXPECT', `the newest deployment of ${module} is ${found}, not ${expect}`);
}

function requireAfter({ after, module }: Draft, newest: VerifiedDeployment | undefined, known: Records): void {
  if (after === undefined || after === (newest?.hash ?? null)) return;
  const found = newest === undefined ? 'nothing' : known.name(newest);
  throw new GossipError(
    'GOSSIP_E_EXPECT',
    `while this was looked at, the newest deployment of ${module} became ${found}; nothing was changed`,
  );
}

/** A deployment that this node does not know is not the newest either: the answer is the same. */
function isNamed(name: string, { hash }: VerifiedDeployment, known: Records): boolean {
  try {
    return known.find(name).hash === hash;
  } catch (thrown) {
    if (thrown instanceof GossipError && thrown.code === 'GOSSIP_E_DEPLOYMENT_UNKNOWN') return false;
    throw thrown;
  }
}
