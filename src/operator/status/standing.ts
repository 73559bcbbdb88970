/** What is believed of nodes that have not answered, or not yet: by who tells of them, and what (law 9). */
import type { Address, NodeId } from '../../model/names.ts';
import type { NodeStatus, PeerStatus } from '../../api/status.ts';
import type { NodeAddress } from '../client/client.ts';

/**
 * member: known to the operator, or proven by two nodes or by a rendezvous node. gone: a member that nobody has heard of for long. left: one that has said
 * goodbye, by its own signature and the word of most that know it.
 * calls: it calls others, but does not answer them. hearsay: whatever else was told.
 */
export type Belief = 'member' | 'gone' | 'left' | 'calls' | 'hearsay';

/** Nodes that were only told of, and not asked. */
export interface Unasked {
  readonly count: number;
  /** Names of some that told of them. */
  readonly tellers: readonly string[];
}

/** Nobody has heard of it for so long, and it fails. */
const GONE_MS = 600_000;
const GONE_FAILURES = 3;
/** One that has not called for so long does not answer because it is down, not because it cannot be called. */
const CALLS_MS = 15_000;
/** Nodes that are kept in mind; what liars tell beyond is only counted. */
const MAX_TOLD = 16_384;
/** Tellers whose word about one node is kept; that of rendezvous nodes always is. */
const MAX_TELLINGS = 16;
/** Tellers that are named. */
const MAX_TELLERS = 3;

/** Whoever belongs to the cluster and is there. */
const MEMBERS: ReadonlySet<Belief> = new Set(['member', 'calls']);
const AWAY: ReadonlySet<Belief> = new Set(['gone', 'left']);

interface Telling extends PeerStatus {
  readonly teller: NodeStatus;
}

interface Told {
  readonly id: NodeId;
  /** The operator's own words. */
  readonly seeds: NodeAddress[];
  readonly by: Map<NodeId, Telling>;
}

export interface StandingOptions {
  /** Who has signed this farewell; null: nobody of this cluster. Absent: farewells are not believed. */
  readonly readFarewell?: ((line: string) => { readonly id: NodeId } | null) | undefined;
}

export class Standing {
  readonly #told = new Map<NodeId, Told>();
  readonly #rendezvous: ReadonlySet<NodeId>;
  readonly #answered = new Map<NodeId, NodeStatus>();
  #beyond = 0;

  readonly #readFarewell: (line: string) => { readonly id: NodeId } | null;

  constructor(seeds: readonly NodeAddress[], rendezvous: ReadonlySet<NodeId>, readFarewell: StandingOptions['readFarewell'] = () => null) {
    this.#rendezvous = rendezvous;
    this.#readFarewell = readFarewell;
    for (const seed of seeds) {
      const told = this.#told.get(seed.id) ?? { id: seed.id, seeds: [] as NodeAddress[], by: new Map<NodeId, Telling>() };
      told.seeds.push(seed);
      this.#told.set(seed.id, told);
    }
  }

  /** Takes in what a node that answered tells of its peers. */
  hear(teller: NodeStatus): void {
    this.#answered.set(teller.id, teller);
    for (const peer of teller.peers) {
      const told = this.#told.get(peer.id) ?? { id: peer.id, seeds: [], by: new Map() };
      if (this.#told.size >= MAX_TOLD && !this.#told.has(peer.id)) this.#beyond += 1;
      else this.#told.set(peer.id, told);
      if (told.by.size < MAX_TELLINGS || this.#rendezvous.has(teller.id)) told.by.set(teller.id, { ...peer, teller });
    }
  }

  belief(id: NodeId): Belief {
    const told = this.#told.get(id);
    return told === undefined ? 'hearsay' : this.#beliefOf(told);
  }

  /** Asked of thousands of nodes after every answer: no copies before it is known that it is a member. */
  #beliefOf({ id, seeds, by }: Told): Belief {
    const proven: Telling[] = [];
    let isSure = seeds.length > 0;
    let mayBeAway = true;
    for (const telling of by.values()) {
      if (!telling.proven && !telling.uncallable && telling.heard === undefined) continue;
      proven.push(telling);
      isSure ||= proven.length > 1 || this.#rendezvous.has(telling.teller.id);
      mayBeAway &&= telling.failures >= GONE_FAILURES;
    }
    if (!isSure && !(proven.length === 1 && this.#answered.size === 1)) return 'hearsay';
    if (this.#hasLeft(id, proven)) return 'left';
    if (mayBeAway && proven.length > 0 && silentMs(proven) >= GONE_MS) return 'gone';
    const callsStill = proven.some(({ uncallable, heard }) => uncallable && heard !== undefined && heard.agoMs < CALLS_MS);
    return callsStill ? 'calls' : 'member';
  }

  /** Nobody but the node itself can make a farewell; but one of an earlier start can be shown again, and whoever has heard of it since tells of none. */
  #hasLeft(id: NodeId, tellings: readonly Telling[]): boolean {
    if (!tellings.some(({ left }) => left !== undefined)) return false;
    const lines = tellings.flatMap(({ left }) => left ?? []);
    return lines.length * 2 > tellings.length && [...new Set(lines)].some((line) => this.#readFarewell(line)?.id === id);
  }

  /** How long nobody has heard of it; null where nobody tells. */
  silentMs(id: NodeId): number | null {
    const told = [...(this.#told.get(id)?.by.values() ?? [])].flatMap((telling) => telling.silentMs ?? []);
    return told.length === 0 ? null : Math.min(...told);
  }

  /**
   * At most `count` of those that are fresh and of whom this is believed: told by many first, and among these the ones that fail least; with `random`
   * (from 0 to 1) any of them, each as likely as the others.
   */
  of(belief: Belief, isFresh: (id: NodeId) => boolean, count: number, random?: () => number): readonly NodeAddress[] {
    const asked = belief === 'member' ? MEMBERS : new Set<Belief>([belief]);
    const fits = (told: Told): boolean => asked.has(this.#beliefOf(told));
    const fresh = [...this.#told.values()].filter(({ id }) => isFresh(id));
    if (random !== undefined) return drawn(fresh, fits, count, random).map((told) => this.#node(told));
    const fitting = fresh.filter(fits);
    const weight = ({ by }: Told): number =>
      [...by.values()].reduce((sum, { proven, failures }) => sum + (proven ? 2 : 1) / (1 + failures), 0);
    const ranked = fitting.map((told) => ({ told, weight: weight(told) })).sort((a, b) => b.weight - a.weight);
    return ranked.slice(0, count).map(({ told }) => this.#node(told));
  }

  /** Where it may listen: the operator's own word first, then what most tell. */
  addresses(id: NodeId): readonly Address[] {
    const told = this.#told.get(id);
    if (told === undefined) return [];
    const votes = new Map<Address, number>();
    for (const { address } of told.by.values()) votes.set(address, (votes.get(address) ?? 0) + 1);
    const heard = [...votes].sort(([, a], [, b]) => b - a).map(([address]) => address);
    return [...new Set([...told.seeds.map(({ address }) => address), ...heard])];
  }

  /** Whether the operator named this address, and nobody else had to. */
  isOwnWord({ id, address }: NodeAddress): boolean {
    return this.#told.get(id)?.seeds.some((seed) => seed.address === address) ?? false;
  }

  /** The digest that a node which only calls has shown last, as those tell whom it called. */
  digest(id: NodeId): string | null {
    const heard = [...(this.#told.get(id)?.by.values() ?? [])].flatMap((telling) => telling.heard ?? []);
    return heard.sort((a, b) => a.agoMs - b.agoMs)[0]?.digest ?? null;
  }

  /** How many members are known of: those that may be asked, and those that only call. */
  members(): number {
    let count = 0;
    for (const told of this.#told.values()) count += Number(MEMBERS.has(this.#beliefOf(told)));
    return count;
  }

  /** How many nodes were told of, whatever is believed of them: not fewer than are members. */
  get size(): number {
    return this.#told.size;
  }

  /** Those that are there no more, and were not seen. */
  away(isSeen: (id: NodeId) => boolean): readonly NodeAddress[] {
    const left = [...this.#told.values()].filter((told) => !isSeen(told.id) && AWAY.has(this.#beliefOf(told)));
    return left.map((told) => this.#node(told));
  }

  /** Whether the operator named it, and nobody else had to. */
  isSeed(id: NodeId): boolean {
    return (this.#told.get(id)?.seeds.length ?? 0) > 0;
  }

  unasked(isSeen: (id: NodeId) => boolean): Unasked {
    const left = [...this.#told.values()].filter(({ id }) => !isSeen(id));
    const tellers = new Set(left.flatMap(({ by }) => [...by.values()].map(({ teller }) => teller.name)));
    return { count: left.length + this.#beyond, tellers: [...tellers].sort().slice(0, MAX_TELLERS) };
  }

  #node({ id, seeds, by }: Told): NodeAddress {
    const name = [...seeds, ...by.values()].find((told) => told.name !== '')?.name ?? '';
    return { id, name, address: this.addresses(id)[0] as Address };
  }
}

/** How long nobody has heard of it, as far as those that answered can tell. */
function silentMs(tellings: readonly Telling[]): number {
  const heard = tellings.flatMap((telling) => telling.heard?.agoMs ?? []);
  return heard.length > 0 ? Math.min(...heard) : Math.max(...tellings.map(({ teller }) => teller.uptimeMs));
}

/** So many of those that fit, at random; no more of them are looked at than must be. */
function drawn<T>(from: readonly T[], fits: (one: T) => boolean, count: number, random: () => number): readonly T[] {
  const left = [...from];
  const found: T[] = [];
  for (let at = 0; at < left.length && found.length < count; at += 1) {
    const other = at + Math.floor(random() * (left.length - at));
    [left[at], left[other]] = [left[other] as T, left[at] as T];
    if (fits(left[at] as T)) found.push(left[at] as T);
  }
  return found;
}
