/** Signed recovery files: the next trust epoch as a whole, to be looked at, countersigned and injected by others. The operator's own root decides what is believed of one (law 2). */
import type { Envelope } from '../../../model/deployment.ts';
import { GossipError } from '../../../model/errors.ts';
import { inspectDeployment, verifyDeployment } from '../../../trust/deployment.ts';
import type { UnfinishedDeployment } from '../../../trust/deployment.ts';
import { addSignature } from '../../../trust/envelope.ts';
import { followedRoot } from '../../../trust/followed-root.ts';
import type { PrivateKey } from '../../../trust/keys.ts';
import { versionIn } from '../../../trust/next-root.ts';
import { inspectNote, verifyNote } from '../../../trust/node-note.ts';
import type { UnfinishedNote } from '../../../trust/node-note.ts';
import { encodeRecoveryFile } from '../../../trust/recovery-file.ts';
import type { RecoveryFile } from '../../../trust/recovery-file.ts';
import { keyText, roleOf } from '../../../trust/root.ts';
import type { Root, SigningRole, TrustedRoot } from '../../../trust/root.ts';
import { inspectRootFile, isHeld } from '../root-files.ts';
import type { RootProposal } from '../root-files.ts';
import { finishRoot, proposalView } from '../root-plan.ts';
import type { Recovery } from './unfinished.ts';

/** A recovery on its way to enough signatures. */
export interface RecoveryProposal {
  readonly change: RootProposal;
  readonly records: readonly UnfinishedDeployment[];
  readonly notes: readonly UnfinishedNote[];
  /** As they lie in the file, with signatures that other roots of the same version may ask for. */
  readonly file: RecoveryFile;
}

/** What is signed by keys of one role. */
export interface RecoveryPart {
  readonly part: 'root' | 'deployments' | 'notes';
  /** Envelopes of it. */
  readonly count: number;
  /** Ids of the keys that have signed all of it. */
  readonly signers: readonly string[];
  /** How many more must sign, and the ids of those who may. */
  readonly missing: number;
  readonly maySign: readonly string[];
}

export type SignedParts = Pick<RecoveryFile, 'envelope' | 'records' | 'notes'>;

export function packRecovery(previous: TrustedRoot, parts: SignedParts): Uint8Array {
  return encodeRecoveryFile({ ...followedRoot(previous), ...parts });
}

/** What a file would do. Refuses one that the cluster has passed by meanwhile (`GOSSIP_E_ROOT_VERSION`), or whose parts do not belong together (`GOSSIP_E_SCHEMA`). */
export function inspectRecovery(file: RecoveryFile, held: TrustedRoot): RecoveryProposal {
  requireNew(file, held);
  const change = inspectRootFile(file, held);
  const { previous, root } = change;
  const next = { cluster: previous.cluster, root };
  if (root.epoch === previous.root.epoch) refuse(`the root of the file opens no trust epoch after ${previous.root.epoch}`);
  const records = file.records.map((record) => inspectDeployment(record, next));
  const modules = new Set(records.map(({ deployment }) => deployment.module));
  if (modules.size !== records.length) refuse('two deployments of the file are of one module');
  if (root.modules !== records.length)
    refuse(`the trust epoch begins with ${root.modules ?? 0} modules, and the file holds ${records.length}`);
  const notes = file.notes.map((note) => inspectNote(note, next));
  const earlier = notes.find(({ note }) => note.epoch !== root.epoch);
  if (earlier !== undefined) refuse(`a note of the file is of trust epoch ${earlier.note.epoch}`);
  return { change, records, notes, file };
}

/** One that is in force is for finishing what was interrupted, and for nothing else. */
function requireNew({ envelope }: RecoveryFile, held: TrustedRoot): void {
  if (!isHeld(envelope, held)) return;
  throw new GossipError('GOSSIP_E_ROOT_VERSION', `the recovery is in force already, as version ${versionIn(envelope)} of the root`, {
    advice: "If it was interrupted, 'gossip config inject FILE' finishes it; nobody need sign it any more.",
  });
}

/** The parts that there are, and what each of them lacks. */
export function partsOf({ change, records, notes }: RecoveryProposal): readonly RecoveryPart[] {
  const { signers, missing, maySign } = proposalView(change);
  const root: RecoveryPart = { part: 'root', count: 1, signers, missing, maySign };
  const deployments = partOf(
    'deployments',
    change.root,
    'deploy',
    records.map(({ envelope }) => envelope),
  );
  const decided = partOf(
    'notes',
    change.root,
    'admit',
    notes.map(({ envelope }) => envelope),
  );
  return [root, deployments, decided].filter(({ count }) => count > 0);
}

/** `1 more for the root, of: bob (3f0a1b2c3d4e); 1 more for 3 deployments, of: …`; null: nothing is missing. */
export function lackingIn(proposal: RecoveryProposal): string | null {
  const { previous, root } = proposal.change;
  const named = (keyid: string): string => keyText(Object.hasOwn(root.keys, keyid) ? root : previous.root, keyid);
  const lacking = partsOf(proposal).filter(({ missing }) => missing > 0);
  if (lacking.length === 0) return null;
  const texts = lacking.map(({ missing, signers, maySign, ...part }) => {
    const more = signers.length === 0 ? '' : ' more';
    return `${missing}${more} for ${partText(part)}, of: ${maySign.map(named).join(', ')}`;
  });
  return `must sign: ${texts.join('; ')}`;
}

export function partText({ part, count }: Pick<RecoveryPart, 'part' | 'count'>): string {
  if (part === 'root') return 'the root';
  return `${count} ${count === 1 ? part.slice(0, -1) : part}`;
}

/** All of it, verified as every node will. `GOSSIP_E_THRESHOLD` names what is missing. */
export function finishRecovery(proposal: RecoveryProposal): Recovery {
  const { change, file } = proposal;
  const lacking = lackingIn(proposal);
  if (lacking !== null) {
    throw new GossipError('GOSSIP_E_THRESHOLD', `the recovery is not complete; ${lacking}`, {
      advice: "Have it signed by them first: 'gossip config sign FILE'. Nothing was changed.",
    });
  }
  return recoveryUnder(finishRoot(change), file);
}

/** What the file brings under the root that it opens the epoch with. */
export function recoveryUnder(root: TrustedRoot, file: SignedParts): Recovery {
  return {
    root,
    step: file.envelope,
    records: file.records.map((record) => verifyDeployment(record, root)),
    notes: file.notes.map((note) => verifyNote(note, root)),
  };
}

/** The file with the signature of `key` under every part that it may sign. Refuses a key that may sign none. */
export function countersignRecovery(file: RecoveryFile, held: TrustedRoot, key: PrivateKey): RecoveryFile {
  const { previous, root } = inspectRecovery(file, held).change;
  const may = (of: Root, role: SigningRole): boolean => of.roles[role].keys.includes(key.keyid);
  const signs = { root: may(previous.root, 'root') || may(root, 'root'), deploy: may(root, 'deploy'), admit: may(root, 'admit') };
  if (!signs.root && !(signs.deploy && file.records.length > 0) && !(signs.admit && file.notes.length > 0)) {
    throw new GossipError('GOSSIP_E_SIGNATURE', `key ${key.keyid.slice(0, 12)} may sign nothing of this recovery`);
  }
  const signed = (envelopes: readonly Envelope[]): readonly Envelope[] => envelopes.map((envelope) => addSignature(envelope, key));
  return {
    ...file,
    envelope: signs.root ? addSignature(file.envelope, key) : file.envelope,
    records: signs.deploy ? signed(file.records) : file.records,
    notes: signs.admit ? signed(file.notes) : file.notes,
  };
}

function partOf(part: RecoveryPart['part'], root: Root, role: SigningRole, envelopes: readonly Envelope[]): RecoveryPart {
  const { keys, threshold } = roleOf(root, role);
  const ids = [...keys.keys()];
  const all = envelopes.map(({ signatures }) => new Set(signatures.map(({ keyid }) => keyid)));
  const signers = ids.filter((keyid) => all.every((each) => each.has(keyid)));
  const missing = Math.max(0, ...all.map((each) => threshold - each.size));
  return { part, count: envelopes.length, signers, missing, maySign: missing === 0 ? [] : ids.filter((keyid) => !signers.includes(keyid)) };
}

function refuse(why: string): never {
  throw new GossipError('GOSSIP_E_SCHEMA', `recovery file: ${why}`);
}
