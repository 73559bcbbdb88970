/** Links of limited speed: all that a node sends, and all that it receives, passes one after the other through its link. */
import type { NodeId } from '../../model/names.ts';
import type { Scheduler } from '../../sdk/virtual/scheduler.ts';

/** What a node's link carries, in bits per second, in each direction. */
export interface Bandwidth {
  readonly upBitsPerS: number;
  readonly downBitsPerS: number;
}

/** Code is sent in pieces, between which other messages pass, as parallel connections share a line. */
const PIECE_BYTES = 16 * 1024;
/** On slow links in smaller ones, as its packets are: so long one takes. Whoever waits hears of a large answer when it begins, not when it is all there. */
const PIECE_MS = 250;
const PACKET_BYTES = 1_500;
/** More pieces than this cost more to simulate than they show. */
const MOST_PIECES = 64;
const MS_PER_S = 1_000;
const BITS_PER_BYTE = 8;

/** One direction of a link; what is sent later leaves later. */
class Lane {
  #freeAt = 0;

  /** How long until these bytes have passed, behind all that wait already. */
  passMs(now: number, bytes: number, bitsPerS: number): number {
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes * BITS_PER_BYTE * MS_PER_S) / bitsPerS;
    return this.#freeAt - now;
  }
}

export interface Passage {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly bytes: number;
  /** The way between the two links. */
  readonly delayMs: number;
  /** Whether the sender goes on sending. */
  readonly sending: () => boolean;
  /** The last piece left the sender. */
  readonly left: () => void;
  /** A piece came through; `last`: it is all there. False: it did not, and the rest is worth nothing. */
  readonly arrived: (last: boolean) => boolean;
}

export class Links {
  readonly #scheduler: Scheduler;
  readonly #own = new Map<NodeId, Bandwidth>();
  readonly #lanes = new Map<NodeId, { readonly up: Lane; readonly down: Lane }>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Gives one node a link of its own speed; null: that of all others. */
  limit(node: NodeId, bandwidth: Bandwidth | null): void {
    if (bandwidth === null) this.#own.delete(node);
    else this.#own.set(node, bandwidth);
  }

  /** Whether anything between the two may have to queue. `common`: the link of nodes without one of their own. */
  limited(from: NodeId, to: NodeId, common: Bandwidth | null): boolean {
    return common !== null || (this.#own.size > 0 && (this.#own.has(from) || this.#own.has(to)));
  }

  pass(passage: Passage, common: Bandwidth | null): void {
    const { from, to, bytes, delayMs, sending, left, arrived } = passage;
    const bitsPerS = Math.min(
      (this.#own.get(from) ?? common)?.upBitsPerS ?? Infinity,
      (this.#own.get(to) ?? common)?.downBitsPerS ?? Infinity,
    );
    const part = Math.min(PIECE_BYTES, Math.max(PACKET_BYTES, Math.ceil((bitsPerS * PIECE_MS) / (BITS_PER_BYTE * MS_PER_S))));
    const piece = Math.max(part, Math.ceil(bytes / MOST_PIECES));
    let broken = false;
    const send = (rest: number): void => {
      if (!sending()) return;
      const size = Math.min(piece, rest);
      const last = rest === size;
      const receive = (): void => {
        if (!broken) broken = !arrived(last);
      };
      this.#through('up', from, size, common, () => {
        this.#scheduler.after(delayMs, () => this.#through('down', to, size, common, receive));
        if (last) left();
        else send(rest - size);
      });
    };
    send(bytes);
  }

  #through(way: 'up' | 'down', node: NodeId, bytes: number, common: Bandwidth | null, then: () => void): void {
    const bandwidth = this.#own.get(node) ?? common;
    if (bandwidth === null) return then();
    const lanes = this.#lanes.get(node) ?? { up: new Lane(), down: new Lane() };
    this.#lanes.set(node, lanes);
    this.#scheduler.after(lanes[way].passMs(this.#scheduler.now, bytes, bandwidth[`${way}BitsPerS`]), then);
  }
}
