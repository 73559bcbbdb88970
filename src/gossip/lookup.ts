/**
 * Where a peer is of whom only a module has heard: two others are asked. Modules hear of nodes sooner than hints spread, and of what a module says of a peer nothing
 * but the id is used (attacks B17, D11).
 */
import type { NodeId, Peer } from '../model/names.ts';
import { TokenBucket } from '../model/token-bucket.ts';
import type { ActiveView } from './active-view.ts';
import type { Ports } from './ports.ts';

/** Ids that are looked for at once, and in each round in the long run: a module may name any (attack D11). */
const BURST = 16;
const PER_ROUND = 2;
/** What waits for one of them. */
const MAX_WAITING = 64;

export interface LookupParts {
  readonly ports: Ports;
  readonly view: ActiveView;
  /** Asks a peer where `sought` is; `done` once it has answered, or will not. */
  readonly ask: (to: Peer, sought: NodeId, done: () => void) => void;
}

interface Search {
  underWay: number;
  readonly waiting: (() => void)[];
}

export class Lookup {
  readonly #parts: LookupParts;
  readonly #bucket: TokenBucket;
  readonly #searches = new Map<NodeId, Search>();

  constructor(parts: LookupParts) {
    this.#parts = parts;
    this.#bucket = new TokenBucket(BURST, parts.ports.timing.intervalMs / PER_ROUND);
  }

  /** Looks for it, and calls `then` when all who were asked have answered, whether it was found or not; false: it is not looked for. */
  find(sought: NodeId, then: () => void): boolean {
    const { ports } = this.#parts;
    const known = this.#searches.get(sought);
    if (known !== undefined) return known.waiting.length < MAX_WAITING && known.waiting.push(then) > 0;
    const asked = this.#whom(({ id }) => id !== sought);
    if (asked.length === 0 || !this.#bucket.take(ports.now, ports.strain.level)) return false;
    const search: Search = { underWay: asked.length, waiting: [then] };
    this.#searches.set(sought, search);
    for (const peer of asked) this.#parts.ask(peer, sought, () => this.#answered(sought, search));
    return true;
  }

  /** A rendezvous node, which most nodes speak with, and another peer. */
  #whom(fits: (peer: Peer) => boolean): Peer[] {
    const { view } = this.#parts;
    const first = view.pickRendezvous(fits) ?? view.pick(fits);
    if (first === undefined) return [];
    const second = view.pick((peer) => peer.id !== first.id && fits(peer));
    return second === undefined ? [first] : [first, second];
  }

  #answered(sought: NodeId, search: Search): void {
    search.underWay -= 1;
    if (search.underWay > 0) return;
    this.#searches.delete(sought);
    for (const then of search.waiting) then();
  }
}
