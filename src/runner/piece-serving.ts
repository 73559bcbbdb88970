/**
 * Pieces of code for peers, few at a time, while the code itself may still be on its way here (decision 42). Who asks for pieces is sent them, and told of others
 * that it lacks: first those that this node gave away least often, so that the only node that has a code gives each peer another piece of it.
 * Who asks for nothing hears when there is something.
 */
import { BoundedMap } from '../model/bounded.ts';
import type { ContentHash, NodeId } from '../model/names.ts';
import type { PieceSet } from '../model/piece-set.ts';
import { MAX_PIECES_AT_ONCE } from '../model/pieces.ts';
import { leastOf } from './piece-choice.ts';
import type { PieceQuestion } from '../model/pieces.ts';

/** Answers on their way at a time: enough that a link is never idle, and few, so that each is there soon and can be passed on. */
const MAX_UPLOADS = 4;
/** With those that are overdue: whoever takes an answer slowly leaves its place to others after this time. */
const MAX_ALL_UPLOADS = 16;
const UPLOAD_MS = 1_000;
const UPLOAD_BYTES_PER_MS = 64;
/** Questions that wait for a place. Beyond them a node is busy: its peers do better to ask others. */
const MAX_QUEUED = 16;
/** Questions that wait for a piece to come. */
const MAX_WAITING = 64;
/** Questions of one peer whose answers have not left yet. */
const MAX_OF_ONE = 2;
/** How long a question may wait: less than whoever asks waits for a sign of life. */
const PIECE_WAIT_MS = 700;
/** Codes whose pieces are served at the same time. */
const MAX_CODES = 16;

/** `offer`: pieces that are here, too. */
export type PieceAnswer =
  | { readonly kind: 'pieces'; readonly pieces: readonly number[]; readonly offer: readonly number[] }
  | { readonly kind: 'busy' };

/** Called once. With pieces, whoever sends them calls `sent` when the last byte has left, or the answer broke off. */
export type AnswerPieces = (answer: PieceAnswer, sent: () => void) => void;

export interface PieceServingOptions {
  readonly now: () => number;
  readonly after: (delayMs: number, run: () => void) => void;
  /** In [0, 1). */
  readonly random: () => number;
}

interface Served {
  readonly have: PieceSet;
  readonly pieceBytes: number;
  /** How often each was offered and sent. */
  readonly given: Uint32Array;
  readonly waiting: Set<Question>;
}

interface Question extends PieceQuestion {
  readonly from: NodeId;
  readonly answer: AnswerPieces;
}

interface Upload {
  /** Until when it counts among the few. */
  readonly until: number;
}

/** What was sent spreads; what was only offered may never have been asked for. */
const SENT_WEIGHT = 4;
/** So that who asks next has a choice, and need not ask for word first. */
const MORE_OFFERED = 3;

const NOTHING = (): void => undefined;

export class PieceServing {
  readonly #options: PieceServingOptions;
  readonly #codes = new BoundedMap<ContentHash, Served>(MAX_CODES, ({ waiting }) => {
    for (const question of waiting) question.answer({ kind: 'busy' }, NOTHING);
  });
  readonly #uploads = new Set<Upload>();
  readonly #queue: { readonly served: Served; readonly question: Question }[] = [];
  /** Questions of each peer whose answers have not left yet. */
  readonly #open = new Map<NodeId, number>();

  constructor(options: PieceServingOptions) {
    this.#options = options;
  }

  /** From now on these are here; `arrived` tells of those that are added. */
  open(code: ContentHash, have: PieceSet, pieceBytes: number): void {
    if (this.#codes.get(code)?.have === have) return;
    this.close(code);
    this.#codes.set(code, { have, pieceBytes, given: new Uint32Array(have.count), waiting: new Set() });
  }

  isOpen(code: ContentHash): boolean {
    return this.#codes.has(code);
  }

  /** What is here of the code; undefined where nothing is known of it. */
  pieces(code: ContentHash): PieceSet | undefined {
    return this.#codes.get(code)?.have;
  }

  close(code: ContentHash): void {
    const served = this.#codes.get(code);
    this.#codes.delete(code);
    for (const question of served?.waiting ?? []) question.answer({ kind: 'busy' }, NOTHING);
  }

  /** Peers that wait for such a piece hear of it. */
  arrived(code: ContentHash, piece: number): void {
    const served = this.#codes.get(code);
    if (served === undefined) return;
    for (const question of served.waiting) if (question.lack.has(piece)) this.#offer(served, question);
  }

  ask(code: ContentHash, { get, lack }: PieceQuestion, from: NodeId, answer: AnswerPieces): void {
    const served = this.#codes.get(code);
    const open = this.#open.get(from) ?? 0;
    if (served === undefined || open >= MAX_OF_ONE) return answer({ kind: 'busy' }, NOTHING);
    this.#open.set(from, open + 1);
    const question: Question = { get, lack, from, answer: this.#once(from, answer) };
    if (get.some((piece) => served.have.has(piece))) return this.#enqueue(served, question);
    return this.#wait(served, question);
  }

  /** A question is open until its answer has left, so that nobody gets more places by not taking what it asked for. */
  #once(from: NodeId, answer: AnswerPieces): AnswerPieces {
    let [answered, closed] = [false, false];
    const close = (): void => {
      if (closed) return;
      closed = true;
      const left = (this.#open.get(from) ?? 1) - 1;
      if (left > 0) this.#open.set(from, left);
      else this.#open.delete(from);
    };
    return (said, sent) => {
      if (answered) return;
      answered = true;
      if (said.kind === 'busy' || said.pieces.length === 0) close();
      answer(said, () => {
        close();
        sent();
      });
    };
  }

  #enqueue(served: Served, question: Question): void {
    if (this.#hasPlace()) return this.#send(served, question);
    if (this.#queue.length >= MAX_QUEUED) return question.answer({ kind: 'busy' }, NOTHING);
    const queued = { served, question };
    this.#queue.push(queued);
    return this.#options.after(PIECE_WAIT_MS, () => {
      const at = this.#queue.indexOf(queued);
      if (at === -1) return;
      this.#queue.splice(at, 1);
      question.answer({ kind: 'busy' }, NOTHING);
    });
  }

  #hasPlace(): boolean {
    const now = this.#options.now();
    let inTime = 0;
    for (const { until } of this.#uploads) if (until > now) inTime += 1;
    return inTime < MAX_UPLOADS && this.#uploads.size < MAX_ALL_UPLOADS;
  }

  #send(served: Served, question: Question): void {
    const pieces = question.get.filter((piece) => served.have.has(piece)).slice(0, MAX_PIECES_AT_ONCE);
    for (const piece of pieces) (served.given[piece] as number) += SENT_WEIGHT;
    const { now, after } = this.#options;
    const ms = UPLOAD_MS + (pieces.length * served.pieceBytes) / UPLOAD_BYTES_PER_MS;
    const upload: Upload = { until: now() + ms };
    this.#uploads.add(upload);
    after(ms, () => this.#serveNext());
    question.answer({ kind: 'pieces', pieces, offer: this.#choose(served, question) }, () => {
      if (this.#uploads.delete(upload)) this.#serveNext();
    });
  }

  #serveNext(): void {
    while (this.#hasPlace()) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#send(next.served, next.question);
    }
  }

  #wait(served: Served, question: Question): void {
    if (this.#offer(served, question)) return;
    if (served.waiting.size >= MAX_WAITING) return question.answer({ kind: 'busy' }, NOTHING);
    served.waiting.add(question);
    return this.#options.after(PIECE_WAIT_MS, () => {
      if (served.waiting.delete(question)) question.answer({ kind: 'pieces', pieces: [], offer: [] }, NOTHING);
    });
  }

  /** Whether there was something to tell. */
  #offer(served: Served, question: Question): boolean {
    const offer = this.#choose(served, question);
    if (offer.length === 0) return false;
    served.waiting.delete(question);
    question.answer({ kind: 'pieces', pieces: [], offer }, NOTHING);
    return true;
  }

  /** A few more than it asks for; of those that were given least often, some at random. */
  #choose({ have, given }: Served, { get, lack }: Question): number[] {
    const here = [...lack].filter((piece) => have.has(piece));
    const wanted = Math.min(MAX_PIECES_AT_ONCE, Math.max(1, get.length) + MORE_OFFERED);
    const chosen = leastOf(here, wanted, (piece) => (given[piece] as number) + this.#options.random());
    for (const piece of chosen) (given[piece] as number) += 1;
    return chosen;
  }
}
