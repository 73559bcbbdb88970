/**
 * What a node knows of notes about nodes. Of each subject the highest note is kept, and of all subjects a bounded number: both are maxima over a total order, and a
 * subject's note only rises, so that merging is commutative, associative and idempotent, whatever the order, loss or repetition of messages.
 */
import type { Envelope } from '../model/deployment.ts';
import type { NodeId, PayloadHash } from '../model/names.ts';
import { compareNotes, fieldOf, holdsUnder } from '../trust/node-note.ts';
import type { NoteField, VerifiedNote } from '../trust/node-note.ts';
import type { TrustedRoot } from '../trust/root.ts';
import { RunningDigest } from './digest.ts';
import type { Digest } from './digest.ts';

/**
 * Subjects of which notes are kept. An operator is refused the one too many (`GOSSIP_E_NOTE_LIMIT`); where others make more at the same time, the newest stay. Of nodes that
 * were forgotten the oldest notes fall out without a word: they are gone for so long that nobody tells of them.
 */
export const MAX_NOTES: { readonly [field in NoteField]: number } = { node: 1_024, token: 256, forget: 256 };

/** All that a node keeps. */
export const MAX_NOTES_HELD = MAX_NOTES.node + MAX_NOTES.token + MAX_NOTES.forget;

export interface NoteMerge {
  /** Those that are new and hold from now on. */
  readonly taken: readonly VerifiedNote[];
  /** Those that hold no more. */
  readonly gone: readonly VerifiedNote[];
}

export class NoteBook {
  readonly #fields: { readonly [field in NoteField]: Map<string, VerifiedNote> } = { node: new Map(), token: new Map(), forget: new Map() };
  readonly #hashes = new Map<PayloadHash, VerifiedNote>();
  readonly #digest = new RunningDigest();
  #epoch: number | null = null;

  merge(notes: Iterable<VerifiedNote>): NoteMerge {
    const changes = new Changes();
    for (const note of notes) this.#add(note, changes);
    return changes.told();
  }

  /** The root is this one from now on. With a new trust epoch the notes end whose keys are no longer in the `admit` role. */
  follow(root: TrustedRoot): NoteMerge {
    const changes = new Changes();
    const isLater = this.#epoch !== null && root.root.epoch !== this.#epoch;
    this.#epoch = root.root.epoch;
    if (isLater) for (const note of this.#hashes.values()) if (!holdsUnder(note, root)) this.#remove(note, changes);
    return changes.told();
  }

  get size(): number {
    return this.#hashes.size;
  }

  get digest(): Digest {
    return this.#digest.text;
  }

  get hashes(): readonly PayloadHash[] {
    return [...this.#hashes.keys()];
  }

  /** Those that matter most first: of nodes, then of tokens; the newest of each first. */
  get notes(): readonly VerifiedNote[] {
    const { node, token, forget } = this.#fields;
    return [node, token, forget].flatMap((field) => [...field.values()].sort((a, b) => compareNotes(b, a)));
  }

  get envelopes(): readonly Envelope[] {
    return this.notes.map(({ envelope }) => envelope);
  }

  has(hash: PayloadHash): boolean {
    return this.#hashes.has(hash);
  }

  /** The note that revokes the node, where one holds. */
  revocation(id: NodeId): VerifiedNote | undefined {
    const note = this.#fields.node.get(id);
    return note?.note.kind === 'revoke' ? note : undefined;
  }

  /** The note that lets it in without a token, where one holds. */
  admission(id: NodeId): VerifiedNote | undefined {
    const note = this.#fields.node.get(id);
    return note?.note.kind === 'admit' ? note : undefined;
  }

  isAdmitted(id: NodeId): boolean {
    return this.admission(id) !== undefined;
  }

  isTokenRevoked(token: string): boolean {
    return this.#fields.token.has(token);
  }

  /** The start of the node that is gone; null where it was not forgotten. */
  forgotten(id: NodeId): number | null {
    return this.#fields.forget.get(id)?.note.incarnation ?? null;
  }

  #add(note: VerifiedNote, changes: Changes): void {
    const name = fieldOf(note.note);
    const field = this.#fields[name];
    const held = field.get(note.note.subject);
    if (held !== undefined && compareNotes(note, held) <= 0) return;
    if (held !== undefined) this.#remove(held, changes);
    field.set(note.note.subject, note);
    this.#hashes.set(note.hash, note);
    this.#digest.toggle(note.hash);
    changes.added(note);
    if (field.size > MAX_NOTES[name])
      this.#remove(
        [...field.values()].reduce((low, each) => (compareNotes(each, low) < 0 ? each : low)),
        changes,
      );
  }

  #remove(note: VerifiedNote, changes: Changes): void {
    this.#fields[fieldOf(note.note)].delete(note.note.subject);
    this.#hashes.delete(note.hash);
    this.#digest.toggle(note.hash);
    changes.removed(note);
  }
}

class Changes {
  readonly #taken = new Set<VerifiedNote>();
  readonly #gone = new Set<VerifiedNote>();

  added(note: VerifiedNote): void {
    this.#taken.add(note);
  }

  removed(note: VerifiedNote): void {
    if (!this.#taken.delete(note)) this.#gone.add(note);
  }

  told(): NoteMerge {
    return { taken: [...this.#taken], gone: [...this.#gone] };
  }
}
