/**
 * Fetches the pieces of one code from several peers at once (decision 42). Each is asked for one thing at a time: for pieces that it is known to have, first those
 * that fewest of the others have, or else to tell when it has something. What was given is verified by whoever carries it; here it is only counted.
 */
import { BoundedMap } from '../model/bounded.ts';
import type { Failure } from '../model/errors.ts';
import type { NodeId, Peer } from '../model/names.ts';
import { PieceSet } from '../model/piece-set.ts';
import { leastOf } from './piece-choice.ts';
import { PiecePartners } from './piece-partners.ts';
import type { Asked, Source } from './piece-partners.ts';
import { MOST_PARTNERS, PiecePace } from './piece-pace.ts';
import type { CodeFailed } from './ports.ts';

/** Requests that were given up, and whose answers are taken all the same. */
const MAX_GIVEN_UP = 48;
/** Peers that are remembered. */
const MAX_SOURCES = 48;
/** How often sources are looked for, and what hangs is given to others. */
const TICK_MS = 100;
/** A source that has nothing, or no time, is asked again so much later, and twice as long after each time. */
const FIRST_REST_MS = 200;
const LONGEST_REST_MS = 3_200;
/** Without a piece and without hope of one for so long, it is given up for now. */
const STALLED_MS = 4_000;
/** Of how many requests at most a piece is part, where nothing else is missing and it is late. */
const MAX_CLAIMS = 3;

export interface PieceRequest {
  readonly token: number;
  readonly to: Peer;
  /** Empty: it shall tell when it has something. */
  readonly get: readonly number[];
  readonly lack: PieceSet;
  /** How long it may be silent. */
  readonly patienceMs: number;
}

/** What came: pieces that are kept, and what the source has besides. `wrong`: some were not those that were signed. */
export type PieceOutcome = { readonly pieces: readonly number[]; readonly offer: readonly number[]; readonly wrong: boolean } | CodeFailed;

export interface PieceFetchOptions {
  readonly self: NodeId;
  /** Grows as pieces come. */
  readonly have: PieceSet;
  readonly patienceMs: number;
  readonly now: () => number;
  readonly after: (delayMs: number, run: () => void) => void;
  /** In [0, 1). */
  readonly random: () => number;
  /** Asks a source. What comes of it is told by `answered`: once, and once more where that was `GOSSIP_E_TIMEOUT` and pieces come later. */
  readonly ask: (request: PieceRequest) => void;
  /** All is here, or (not null) no source gives anything. Called once. `wrong`: who sent other bytes than were signed. */
  readonly ended: (failed: CodeFailed | null, wrong: readonly NodeId[]) => void;
}

const NOBODY: Failure = { code: 'GOSSIP_E_CODE_ABSENT', message: 'no peer gives pieces of the code' };

export class PieceFetch {
  readonly #options: PieceFetchOptions;
  readonly #sources = new Map<NodeId, Source>();
  readonly #partners: PiecePartners;
  readonly #asked = new Map<number, Asked>();
  readonly #givenUp = new BoundedMap<number, Asked>(MAX_GIVEN_UP);
  /** Of how many requests each piece is part. */
  readonly #claims: Uint8Array;
  readonly #wrong = new Set<NodeId>();
  #lastToken = 0;
  readonly #pace: PiecePace;
  #progressAt: number;
  #lastFailure: CodeFailed = { failure: NOBODY, referrals: [] };
  #over = false;
  #first: Source | null = null;
  /** Pieces at the beginning. */
  readonly #had: number;

  constructor(options: PieceFetchOptions) {
    this.#options = options;
    this.#had = options.have.size;
    this.#claims = new Uint8Array(options.have.count);
    this.#partners = new PiecePartners(options.have.count);
    this.#pace = new PiecePace(options.patienceMs);
    this.#progressAt = options.now();
  }

  /** `sources`: who may have some of it. Where the first one knows no pieces, and nobody was quicker, it is to be asked for whole files. */
  begin(sources: readonly Peer[]): void {
    for (const peer of sources) this.meet(peer);
    this.#first = this.#sources.values().next().value ?? null;
    if (this.#isDone()) return;
    this.#tick();
  }

  /** Somebody who may have some of it, or will have. */
  meet(peer: Peer): void {
    if (peer.id === this.#options.self || this.#sources.has(peer.id) || this.#sources.size >= MAX_SOURCES) return;
    this.#sources.set(peer.id, this.#partners.source(peer));
  }

  /** What came of a request. */
  answered(token: number, outcome: PieceOutcome): void {
    const asked = this.#asked.get(token);
    if (asked === undefined) return this.#cameLate(token, outcome);
    this.#asked.delete(token);
    asked.source.asked = null;
    asked.source.tried = true;
    for (const piece of asked.get) (this.#claims[piece] as number) -= 1;
    if (this.#over) return;
    if ('failure' in outcome) this.#failed(asked, outcome);
    else this.#came(asked, outcome, true);
    if (!this.#isDone()) this.#askAll();
  }

  /** This node itself cannot go on. */
  giveUp(failure: Failure): void {
    if (!this.#over) this.#end({ failure, referrals: [] });
  }

  /** The answer to a request that was given up: nobody waits for it, and it has come all the same (decision 41). */
  #cameLate(token: number, outcome: PieceOutcome): void {
    const asked = this.#givenUp.get(token);
    this.#givenUp.delete(token);
    if (asked === undefined || this.#over || 'failure' in outcome) return;
    this.#came(asked, outcome, false);
    if (!this.#isDone()) this.#askAll();
  }

  #came({ source, get, at }: Asked, { pieces, offer, wrong }: Extract<PieceOutcome, { readonly pieces: unknown }>, inTime: boolean): void {
    const { have, now } = this.#options;
    let news = 0;
    for (const piece of pieces) {
      if (!have.has(piece)) news += 1;
      have.add(piece);
    }
    const learnt = offer.filter((piece) => this.#partners.learn(source, piece)).length;
    if (pieces.length > 0) this.#pace.took(now() - at, get.length, inTime);
    if (news > 0) this.#progressAt = now();
    if (wrong) this.#distrust(source);
    else if (get.length > pieces.length || pieces.length + learnt === 0) this.#disappointed(source, get);
    else source.inVain = 0;
  }

  /** It has not what it was taken to have, or nothing new. */
  #disappointed(source: Source, get: readonly number[]): void {
    source.inVain += 1;
    if (get.length > 0) this.#partners.forget(source);
    if (source.inVain > 1 || get.length > 0) this.#rest(source, FIRST_REST_MS);
  }

  #failed(asked: Asked, failed: CodeFailed): void {
    const { source } = asked;
    for (const peer of failed.referrals) this.meet(peer);
    const { code } = failed.failure;
    // What is told at the end is laid to the first; a liar is told of by itself.
    if (code === 'GOSSIP_E_BUSY' || (source === this.#first && code !== 'GOSSIP_E_CODE_MISMATCH')) this.#lastFailure = failed;
    // It knows no pieces at all: a node of before.
    if (code === 'GOSSIP_E_NOT_FOUND') {
      source.useless = true;
      this.#rest(source, 0);
      if (source === this.#first && this.#options.have.size === this.#had) this.#end(failed);
    } else if (code === 'GOSSIP_E_CODE_MISMATCH') this.#distrust(source);
    else {
      source.inVain += 1;
      if (code === 'GOSSIP_E_CODE_ABSENT') this.#partners.forget(source);
      if (code === 'GOSSIP_E_TIMEOUT') {
        this.#givenUp.set(asked.token, asked);
        // A source that has no word to say tells nothing about the link.
        if (asked.get.length > 0) this.#pace.tooMuch(asked.at, this.#options.now());
      }
      // A message may be lost; a source that is lost or busy leaves its place.
      if (source.inVain > 1 || code === 'GOSSIP_E_BUSY') this.#rest(source, FIRST_REST_MS);
    }
  }

  #distrust(source: Source): void {
    this.#wrong.add(source.peer.id);
    source.useless = true;
    this.#rest(source, 0);
  }

  /** Its place is for others, for a while. */
  #rest(source: Source, ms: number): void {
    const { now, random } = this.#options;
    this.#partners.leave(source);
    const restMs = Math.min(LONGEST_REST_MS, ms * 2 ** Math.min(source.inVain - 1, 8));
    source.restsUntil = now() + restMs * (0.5 + random());
  }

  #isDone(): boolean {
    if (this.#over) return true;
    if (this.#options.have.isFull) this.#end(null);
    return this.#over;
  }

  #end(failed: CodeFailed | null): void {
    this.#over = true;
    this.#options.ended(failed, [...this.#wrong]);
  }

  #tick(): void {
    if (this.#isDone()) return;
    this.#askAll();
    const hopes = [...this.#asked.values()].some(({ get }) => get.length > 0);
    const now = this.#options.now();
    // With few partners it takes a while to ask everybody: those that are silent on purpose must not end it before (attack A7).
    const stalled = !hopes && now - this.#progressAt > STALLED_MS && [...this.#sources.values()].every(({ tried }) => tried);
    const useless = this.#asked.size === 0 && [...this.#sources.values()].every(({ useless: given }) => given);
    if (stalled || useless) return this.#end(this.#lastFailure);
    this.#options.after(TICK_MS, () => this.#tick());
  }

  #askAll(): void {
    const { now, random } = this.#options;
    const { partners: wanted } = this.#pace;
    this.#partners.change({ sources: this.#sources.values(), wanted, now: now(), isOverdue: (ms) => this.#pace.isOverdue(ms), random });
    for (const source of this.#partners.idle) this.#ask(source);
  }

  #ask(source: Source): void {
    const get = this.#choose(source);
    const lack = this.#lackedBeside(source, get);
    if (get.length === 0 && lack.size === 0) return;
    this.#lastToken += 1;
    const asked: Asked = { token: this.#lastToken, source, get, at: this.#options.now() };
    for (const piece of get) (this.#claims[piece] as number) += 1;
    source.asked = asked;
    this.#asked.set(asked.token, asked);
    this.#options.ask({ token: asked.token, to: source.peer, get, lack, patienceMs: this.#pace.patienceMs });
  }

  /** First those that fewest partners have; at the end also those that hang elsewhere. */
  #choose(source: Source): number[] {
    const late = this.#isLastOnes() ? this.#late() : null;
    const free = [...source.known].filter((piece) => !this.#options.have.has(piece) && (this.#claims[piece] === 0 || late?.has(piece)));
    return leastOf(free, this.#pace.batch, (piece) => this.#partners.rank(source, piece));
  }

  /** Whether all that is missing is on its way. */
  #isLastOnes(): boolean {
    const { have } = this.#options;
    if (have.count - have.size > MOST_PARTNERS * this.#pace.batch) return false;
    for (let piece = 0; piece < have.count; piece += 1) if (!have.has(piece) && this.#claims[piece] === 0) return false;
    return true;
  }

  /** Asked for once, long ago. */
  #late(): PieceSet {
    const late = new PieceSet(this.#options.have.count);
    const now = this.#options.now();
    for (const { get, at } of this.#asked.values())
      if (this.#pace.isLate(now - at)) for (const piece of get) if ((this.#claims[piece] as number) < MAX_CLAIMS) late.add(piece);
    return late;
  }

  /** Of what it would be good to hear that the source has it. */
  #lackedBeside({ known }: Source, get: readonly number[]): PieceSet {
    const { have } = this.#options;
    const last = this.#isLastOnes();
    const lack = new PieceSet(have.count);
    for (let piece = 0; piece < have.count; piece += 1)
      if (!have.has(piece) && !known.has(piece) && (last || this.#claims[piece] === 0) && !get.includes(piece)) lack.add(piece);
    return lack;
  }
}
