/**
 * How notes about nodes come to every node: a digest tells of them with what is exchanged, whoever holds others says which, and gives those that are lacking; whoever
 * takes some tells a few others at once. What follows from a note is done here: whoever is revoked is dropped, and its connections end (attack B15).
 */
import type { NodeId, PayloadHash, Peer } from '../model/names.ts';
import type { Trust } from '../trust/trust.ts';
import type { VerifiedNote } from '../trust/node-note.ts';
import type { ActiveView } from './active-view.ts';
import { revokedAlarm } from './alarms.ts';
import type { Configuration } from './configuration.ts';
import { cutNotes } from './cut.ts';
import type { Hints } from './hints.ts';
import type { NotesTold } from './messages.ts';
import type { NoteBook, NoteMerge } from './note-book.ts';
import type { Ports } from './ports.ts';
import { RUMOR_AT_ONCE } from './timing.ts';

export interface NotesParts {
  readonly self: NodeId;
  readonly ports: Ports;
  readonly book: NoteBook;
  /** Absent where there are no notes, for nobody can sign any. */
  readonly trust: Trust | undefined;
  readonly configuration: Configuration;
  readonly hints: Hints;
  readonly view: ActiveView;
  /** Tells a peer of notes that are new here. */
  readonly tell: (peer: Peer, notes: readonly VerifiedNote[]) => void;
}

/** What is told to whoever holds others. */
export interface NotesDiffer {
  readonly told: NotesTold;
  /** How many of those that are here the other lacks. */
  readonly lacking: number;
}

/** A batch of more is what a node missed while it was away: others have heard of it long ago. */
const MOST_NEWS = 16;

export class Notes {
  readonly #parts: NotesParts;

  constructor(parts: NotesParts) {
    this.#parts = parts;
    const { book, trust, configuration, hints } = parts;
    if (trust !== undefined) book.follow(trust.root);
    for (const hash of book.hashes) configuration.alongside(hash);
    hints.follow(book);
  }

  /** Whoever is revoked is not spoken with, from the first event on. */
  start(): void {
    for (const { note } of this.#parts.book.notes) if (note.kind === 'revoke') this.#part(note.subject as NodeId);
  }

  /** What every message tells. Nothing where there are no notes: nodes of version 0.1 refuse what they do not know. */
  told(notes: readonly VerifiedNote[] = []): NotesTold | undefined {
    const { book } = this.#parts;
    return book.size === 0 ? undefined : { digest: book.digest, notes };
  }

  /**
   * All of them, the revoked first, as many as a message has room for: for whoever is of a trust epoch before. His own notes may end with it, and the revoked must not be
   * let in until somebody tells him of them again.
   */
  whole(told = this.told()): NotesTold | undefined {
    const revoked = (a: VerifiedNote): number => Number(a.note.kind !== 'revoke');
    return told && { ...told, notes: cutNotes(this.#parts.book.notes.toSorted((a, b) => revoked(a) - revoked(b))) };
  }

  /** What an answer tells whoever told that; after `take`. */
  answer(theirs: NotesTold | undefined): NotesTold | undefined {
    if (theirs === undefined) return this.#parts.book.size === 0 ? undefined : this.#differ([]).told;
    return this.#agrees(theirs) ? this.told() : this.#differ(theirs.known ?? null).told;
  }

  /** What is to be told to whoever gave that answer; null where nothing is: both hold the same, or it does not know of notes. */
  next(theirs: NotesTold | undefined): NotesDiffer | null {
    return theirs?.known === undefined || this.#agrees(theirs) ? null : this.#differ(theirs.known);
  }

  /** Whether what a peer tells of others is told in the knowledge of every note that is known here. */
  agrees(theirs: NotesTold | undefined): boolean {
    return theirs === undefined ? this.#parts.book.size === 0 : this.#agrees(theirs);
  }

  /** Takes in what a peer told; durable before anything else follows from it (law 5). How many were new. */
  take(told: NotesTold | undefined, from: NodeId): number {
    const { book, ports, view, tell } = this.#parts;
    const fresh = told?.notes.filter(({ hash }) => !book.has(hash)) ?? [];
    if (fresh.length === 0) return 0;
    const merge = book.merge(fresh);
    if (merge.taken.length === 0) return 0;
    this.#changed(merge);
    ports.emit({ type: 'persist-configuration' });
    for (const note of merge.taken) ports.emit({ type: 'note', note: { event: 'note-accepted', note, from } });
    this.#follow(merge);
    if (merge.taken.length <= MOST_NEWS) for (const peer of view.sample(RUMOR_AT_ONCE, ({ id }) => id !== from)) tell(peer, merge.taken);
    return merge.taken.length;
  }

  /** A peer refuses this node, and shows the note that revokes it; one that says no such thing changes nothing. */
  refused(note: VerifiedNote | null, from: NodeId): void {
    const { self, book } = this.#parts;
    if (note?.note.kind === 'revoke' && note.note.subject === self) this.take({ digest: book.digest, notes: [note] }, from);
  }

  /** The root has changed; before anything is read by it. */
  followRoot(): void {
    const { book, trust } = this.#parts;
    if (trust === undefined) return;
    const merge = book.follow(trust.root);
    this.#changed(merge);
    this.#follow(merge);
  }

  #agrees(theirs: NotesTold): boolean {
    return theirs.digest === this.#parts.book.digest;
  }

  /** `known`: which the other holds; null: it has not said so. */
  #differ(known: readonly PayloadHash[] | null): NotesDiffer {
    const { book } = this.#parts;
    const theirs = new Set(known ?? book.hashes);
    const lacking = book.notes.filter(({ hash }) => !theirs.has(hash));
    return { told: { digest: book.digest, known: book.hashes, notes: cutNotes(lacking) }, lacking: lacking.length };
  }

  #changed({ taken, gone }: NoteMerge): void {
    for (const { hash } of [...taken, ...gone]) this.#parts.configuration.alongside(hash);
  }

  #follow({ taken, gone }: NoteMerge): void {
    const { self, book, hints, ports } = this.#parts;
    if (taken.length + gone.length === 0) return;
    hints.follow(book);
    for (const note of taken) {
      const { kind, subject } = note.note;
      if (kind === 'forget') hints.forget(subject as NodeId);
      if (kind !== 'revoke') continue;
      if (subject === self) ports.emit({ type: 'note', note: { event: 'alarm', alarm: revokedAlarm(note) } });
      else this.#part(subject as NodeId);
    }
  }

  #part(id: NodeId): void {
    if (id !== this.#parts.self) this.#parts.ports.emit({ type: 'part', id });
  }
}
