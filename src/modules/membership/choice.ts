/** Whom this node speaks with: whose turn it is to be probed, who helps, who hears the news, who hears a goodbye. */
import type { ModuleContext, Peer } from '../../sdk/index.ts';
import type { Claim } from './claims.ts';
import type { Table } from './table.ts';
import { RINGS, watchedBy } from './watching.ts';

/** Watched members that are probed in one round: a process that ends is heard of at once, by its connections. */
const PROBES_PER_ROUND = 1;
/** Every so many rounds one of the dead is tried: a healed partition, or a node that came back silently. */
const RETRY_ROUNDS = 5;
/** Every so many rounds one of the peers that this node speaks with anyway is probed: what is said does not only run along the rings. */
const PEER_ROUNDS = 4;
/** Peers among which strangers and helpers are looked for. */
const LOOKED_AT = 8;
/** News goes to the next on each ring, which alone reaches everybody, and to a peer. More would tell most of them what they know. */
const NEWS_PEERS = 1;
/** Members that are told when this one leaves; the others learn it from them. */
const FAREWELLS = 4;

export class Choice {
  readonly #context: ModuleContext;
  readonly #table: Table;
  #watched: readonly Claim[] = [];
  /** Rounds in which the watched ones were last spoken with, whoever called, or probed. */
  #turns = new Map<string, number>();

  constructor(context: ModuleContext, table: Table) {
    this.#context = context;
    this.#table = table;
  }

  /** Who is probed in this round. */
  forRound(round: number): Peer[] {
    const peers = this.#context.peers(LOOKED_AT);
    const stranger = peers.find((peer) => this.#table.get(peer.id) === undefined);
    const warm = round % PEER_ROUNDS === 0 ? peers.find(({ id }) => this.#table.get(id)?.state === 'alive') : undefined;
    return [...this.#due(round), ...[stranger, warm].filter((peer) => peer !== undefined)];
  }

  /** One of the dead, now and then. */
  retried(round: number): Peer[] {
    return round % RETRY_ROUNDS === 0 ? this.#draw(this.#table.inState('dead', 'left'), 1) : [];
  }

  /** It called this node, or answered: that is as good as a probe. */
  spoke(id: string, round: number): void {
    if (this.#turns.has(id)) this.#turns.set(id, round);
  }

  watches(id: string): boolean {
    return this.#watched.some((member) => member.id === id);
  }

  /** Who watches a member has a connection to it. Where everybody tries it, each asks those that he himself has one to. */
  helpersFor(target: string, count: number): Claim[] {
    const alive = this.#table.inState('alive').filter(({ id }) => id !== target);
    const doubted = this.#table.isDoubted(target) || this.#table.get(target)?.state === 'suspect';
    const near = idsOf(doubted ? this.#watched : watchedBy(target, alive));
    const peers = idsOf(this.#context.peers(LOOKED_AT));
    // Never watchers alone: whoever wants to be one can look for an id.
    const helpers = this.#draw(
      alive.filter(({ id }) => near.has(id)),
      1,
    );
    const more = (fits: (member: Claim) => boolean): void => {
      const left = alive.filter((member) => !helpers.includes(member) && fits(member));
      helpers.push(...this.#draw(left, count - helpers.length));
    };
    more(({ id }) => peers.has(id));
    more(() => true);
    return helpers;
  }

  /** Who hears the news at once. */
  listeners(): Peer[] {
    if (this.#watched.length === 0) this.#watch();
    const listeners = new Map([...this.#watched.slice(0, RINGS), ...this.#context.peers(NEWS_PEERS)].map((peer) => [peer.id, peer]));
    return [...listeners.values()].filter(({ id }) => (this.#table.get(id)?.state ?? 'alive') === 'alive');
  }

  /** Who hears a goodbye. */
  farewells(): Peer[] {
    const near = this.#watched.filter(({ state }) => state === 'alive');
    const others = this.#table.inState('alive').filter((member) => !near.includes(member));
    return [...near, ...this.#draw(others, FAREWELLS)].slice(0, FAREWELLS);
  }

  #watch(): void {
    this.#watched = watchedBy(this.#context.self.id, this.#table.inState('alive', 'suspect'));
  }

  /** Each of those that watch each other is spoken with within as many rounds as there are of them, most often by the call of one of the two. */
  #due(round: number): Claim[] {
    this.#watch();
    const turns = new Map(this.#watched.map(({ id }) => [id, this.#turns.get(id) ?? Number.NEGATIVE_INFINITY]));
    const turnOf = ({ id }: Claim): number => turns.get(id) ?? Number.NEGATIVE_INFINITY;
    const due = this.#draw(this.#watched, this.#watched.length)
      .filter((member) => round - turnOf(member) >= this.#watched.length)
      .toSorted((a, b) => turnOf(a) - turnOf(b))
      .slice(0, PROBES_PER_ROUND);
    for (const { id } of due) turns.set(id, round);
    this.#turns = turns;
    return due;
  }

  #draw<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    const drawn: T[] = [];
    while (drawn.length < count && left.length > 0) drawn.push(...left.splice(Math.floor(this.#context.random() * left.length), 1));
    return drawn;
  }
}

function idsOf(peers: readonly Peer[]): Set<string> {
  return new Set(peers.map(({ id }) => id));
}
