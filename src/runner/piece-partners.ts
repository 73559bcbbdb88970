/** Peers that pieces of a code may be had from, which of them are asked at the moment, and how many of these have each piece. */
import type { Peer } from '../model/names.ts';
import { PieceSet } from '../model/piece-set.ts';
import { MOST_PARTNERS } from './piece-pace.ts';

export interface Source {
  readonly peer: Peer;
  /** What it is known to have, and in which order that was heard. */
  known: PieceSet;
  readonly heard: Uint32Array;
  asked: Asked | null;
  /** It was asked once, and something came of that. */
  tried: boolean;
  restsUntil: number;
  /** Times in a row that it gave nothing. */
  inVain: number;
  /** It lied, or knows no pieces. */
  useless: boolean;
}

/** A question that is open. */
export interface Asked {
  readonly token: number;
  readonly source: Source;
  readonly get: readonly number[];
  readonly at: number;
}

export interface Change {
  readonly sources: Iterable<Source>;
  /** How many partners there are to be. */
  readonly wanted: number;
  readonly now: number;
  /** Whether an answer takes so long that others need not wait for it. */
  readonly isOverdue: (ms: number) => boolean;
  /** In [0, 1). */
  readonly random: () => number;
}

export class PiecePartners {
  readonly #count: number;
  readonly #partners = new Set<Source>();
  readonly #spread: Uint8Array;
  #heard = 0;

  /** `count`: pieces of the code. */
  constructor(count: number) {
    this.#count = count;
    this.#spread = new Uint8Array(count);
  }

  /** Partners of whom nothing is asked at the moment. */
  get idle(): Source[] {
    return [...this.#partners].filter(({ asked }) => asked === null);
  }

  source(peer: Peer): Source {
    const known = new PieceSet(this.#count);
    return { peer, known, heard: new Uint32Array(this.#count), asked: null, tried: false, restsUntil: 0, inVain: 0, useless: false };
  }

  /** Partners leave, or sources join them, by chance. An answer that is overdue keeps nobody from asking others: that would be easy to do on purpose (attack A7). */
  change({ sources, wanted, now, isOverdue, random }: Change): void {
    const { idle } = this;
    let places = wanted - idle.length;
    for (const { asked } of this.#partners) if (asked !== null && !isOverdue(now - asked.at)) places -= 1;
    for (; places < 0 && idle.length > 0; places += 1) this.leave(idle.pop() as Source);
    places = Math.min(places, MOST_PARTNERS - this.#partners.size);
    const free = [...sources].filter(
      (source) => !source.useless && source.restsUntil <= now && source.asked === null && !this.#partners.has(source),
    );
    for (; places > 0 && free.length > 0; places -= 1) {
      const [source] = free.splice(Math.floor(random() * free.length), 1) as [Source];
      this.#partners.add(source);
      for (const piece of source.known) (this.#spread[piece] as number) += 1;
    }
  }

  leave(source: Source): void {
    if (this.#partners.delete(source)) for (const piece of source.known) (this.#spread[piece] as number) -= 1;
  }

  /** The source has the piece. Returns whether that was new. */
  learn(source: Source, piece: number): boolean {
    if (source.known.has(piece)) return false;
    source.known.add(piece);
    source.heard[piece] = this.#heard += 1;
    if (this.#partners.has(source)) (this.#spread[piece] as number) += 1;
    return true;
  }

  /** It has not what it was taken to have. */
  forget(source: Source): void {
    if (this.#partners.has(source)) for (const piece of source.known) (this.#spread[piece] as number) -= 1;
    source.known = new PieceSet(this.#count);
  }

  /** Less for what fewer partners have; what was heard last is likely to be rarest. */
  rank({ heard }: Source, piece: number): number {
    return (this.#spread[piece] as number) - (heard[piece] as number) / (this.#heard + 1);
  }
}
