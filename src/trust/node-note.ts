/**
 * Notes about nodes: what operators have decided of a node or a join token, signed by the threshold of the root's `admit` role. Notes of one subject are totally
 * ordered, so that of two the same one wins everywhere: by the trust epoch, then by a count that rises with every note, then the safer one, then the hash. No clock
 * decides (law 7); the time is shown only.
 */
import * as v from 'valibot';
import type { Brand } from '../model/brand.ts';
import { MAX_SEQUENCE, MAX_TIME } from '../model/deployment-number.ts';
import { MAX_AUTHOR_LENGTH } from '../model/deployment.ts';
import type { Envelope } from '../model/deployment.ts';
import { GossipError } from '../model/errors.ts';
import { clusterId, keyId, nodeName } from '../model/forms.ts';
import type { ClusterId, PayloadHash } from '../model/names.ts';
import { inspectEnvelope, readEnvelope, signEnvelope, verifyEnvelope } from './envelope.ts';
import { parseForm } from './form.ts';
import type { PrivateKey } from './keys.ts';
import { actingRole } from './next-root.ts';
import { roleOf } from './root.ts';
import type { TrustedRoot } from './root.ts';

export const NODE_NOTE_TYPE = 'gossip/node-note/1';
/** Of the whole envelope: sixteen signatures, and the longest fields. */
const MAX_NOTE_BYTES = 4_096;
const READING = { payloadType: NODE_NOTE_TYPE, maxBytes: MAX_NOTE_BYTES } as const;

/** `revoke` a node and `admit` it (without a token, or again), `forget` one that is gone, `revoke-token`: whoever shows a join token that is out admits nobody new. */
export const NOTE_KINDS = ['admit', 'revoke', 'forget', 'revoke-token'] as const;
export type NoteKind = (typeof NOTE_KINDS)[number];

export interface NodeNote {
  readonly type: typeof NODE_NOTE_TYPE;
  readonly cluster: ClusterId;
  /** Trust epoch. */
  readonly epoch: number;
  readonly kind: NoteKind;
  /** The id of the node, or that of the token's key. */
  readonly subject: string;
  /** Of `forget`: which of its starts is gone, so that only a later or the same one is the node come back. Of the others 0. */
  readonly incarnation: number;
  /** One more than that of every note that was known when this one was made. */
  readonly count: number;
  /** Milliseconds since 1970 by the operator's clock, and who he is; shown only. */
  readonly time: number;
  readonly author: string;
  /** What the node was called, for people; may be empty. */
  readonly name: string;
}

/** A note that the threshold of `admit` keys has signed. Only `verifyNote` makes one. */
export type VerifiedNote = Brand<{ readonly note: NodeNote; readonly envelope: Envelope; readonly hash: PayloadHash }, 'VerifiedNote'>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_SEQUENCE));
const noteSchema = v.strictObject({
  type: v.literal(NODE_NOTE_TYPE),
  cluster: clusterId,
  epoch: v.pipe(count, v.minValue(1)),
  kind: v.picklist(NOTE_KINDS),
  subject: keyId,
  incarnation: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER)),
  count: v.pipe(count, v.minValue(1)),
  time: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TIME)),
  author: v.pipe(v.string(), v.maxLength(MAX_AUTHOR_LENGTH)),
  name: v.union([v.literal(''), nodeName]),
});

/** The envelope of a note; what no node would take is refused before it is signed. */
export function signNote(note: Omit<NodeNote, 'type'>, admitSigners: readonly PrivateKey[]): Envelope {
  const { cluster, epoch, kind, subject, incarnation, time, author, name } = note;
  const payload: NodeNote = { type: NODE_NOTE_TYPE, cluster, epoch, kind, subject, incarnation, count: note.count, time, author, name };
  parseForm(noteSchema, payload, 'note about a node');
  return signEnvelope(NODE_NOTE_TYPE, payload, admitSigners);
}

/** The note in this envelope, once the threshold of the root's `admit` role has signed it. One of an earlier trust epoch holds while its keys are still in that role. */
export function verifyNote(input: unknown, root: TrustedRoot): VerifiedNote {
  const { envelope, hash, payload } = verifyEnvelope(input, { ...READING, ...actingRole(root, 'admit') });
  return { envelope, hash, note: checkNote(payload, root) } as VerifiedNote;
}

/** Whether a note that held under a root holds under a later one, too. */
export function holdsUnder({ envelope }: VerifiedNote, root: TrustedRoot): boolean {
  try {
    verifyNote(envelope, root);
    return true;
  } catch (error) {
    if (error instanceof GossipError) return false;
    throw error;
  }
}

/** A note that may still lack signatures. */
export interface UnfinishedNote {
  readonly note: NodeNote;
  /** With the signatures that count so far: of keys that are in the `admit` role now. */
  readonly envelope: Envelope;
  readonly hash: PayloadHash;
}

/** Checked in everything but the number of signatures: for people who look at what they may sign. */
export function inspectNote(input: unknown, root: Pick<TrustedRoot, 'cluster' | 'root'>): UnfinishedNote {
  const { envelope, hash, payload } = inspectEnvelope(input, { ...READING, keys: roleOf(root.root, 'admit').keys });
  return { envelope, hash, note: checkNote(payload, root) };
}

/** The form of an envelope alone: nothing that it holds may be believed. */
export function readNote(input: unknown): Envelope {
  return readEnvelope(input, READING).envelope;
}

function checkNote(payload: unknown, { cluster, root }: Pick<TrustedRoot, 'cluster' | 'root'>): NodeNote {
  parseForm(noteSchema, payload, 'note about a node');
  const note = payload as NodeNote;
  if (note.cluster !== cluster) throw new GossipError('GOSSIP_E_WRONG_CLUSTER', `a note for cluster ${note.cluster.slice(0, 12)}`);
  if (note.epoch > root.epoch)
    throw new GossipError('GOSSIP_E_WRONG_EPOCH', `a note of trust epoch ${note.epoch}; the root is of ${root.epoch}`);
  return note;
}

/**
 * The same notes signed anew for the trust epoch of `root`, in their order: where an epoch ends the keys that signed them, they would end too, and the revoked come
 * back. For whoever raises the epoch; `signers` are of the new root's `admit` role.
 */
export function renewNotes(notes: readonly VerifiedNote[], root: Pick<TrustedRoot, 'root'>, signers: readonly PrivateKey[]): Envelope[] {
  return notes.map(({ note }) => signNote({ ...note, epoch: root.root.epoch }, signers));
}

/** What a note is about: of notes of the same one the highest holds. A node is admitted or revoked; that it is forgotten is another thing. */
export type NoteField = 'node' | 'token' | 'forget';

export function fieldOf({ kind }: Pick<NodeNote, 'kind'>): NoteField {
  return kind === 'forget' ? 'forget' : kind === 'revoke-token' ? 'token' : 'node';
}

/** Above 0 where `a` wins. */
export function compareNotes(a: VerifiedNote, b: VerifiedNote): number {
  return (
    a.note.epoch - b.note.epoch ||
    a.note.count - b.note.count ||
    Number(a.note.kind === 'revoke') - Number(b.note.kind === 'revoke') ||
    (a.hash < b.hash ? -1 : Number(a.hash > b.hash))
  );
}

/** Whether an envelope says that it holds a note; nothing of it may be believed. */
export function isNote(envelope: unknown): boolean {
  return (envelope as Partial<Envelope> | null)?.payloadType === NODE_NOTE_TYPE;
}
