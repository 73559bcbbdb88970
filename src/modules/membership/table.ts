/**
 * What this node holds of the others.
 *
 * Nobody is taken down on hearsay. What others say of a member's failure makes this node try the member itself, and
 * counts as a confirmation; only when its own attempts failed, directly and through others, does it suspect, and only
 * time and confirmations by others turn a suspicion into a death. So a faulty observer harms nothing but its own view.
 * Hearsay of life is believed when the incarnation is higher: only the member itself raises it.
 */
import type { Peer } from '../../sdk/index.ts';
import type { Claim, MemberState } from './claims.ts';
import { confirmationsNeeded, suspicionRounds } from './suspicion.ts';

export interface Member extends Claim {
  /** When the state began, by this node's clock; for display only. */
  readonly since: number;
  /** It spoke to this node itself, not only through others. */
  readonly proven: boolean;
  /** False: it calls, but does not answer where it says that it listens. */
  readonly callable?: false;
}

interface Entry extends Peer {
  name: string;
  address: string;
  incarnation: number;
  state: MemberState;
  since: number;
  proven: boolean;
  /** Who else said that it failed in this incarnation. */
  doubters: Set<string>;
  /** Somebody said that it left; believed once it cannot be reached. */
  saidToHaveLeft: boolean;
  /** Round in which this node began to suspect it. */
  suspectedAt: number;
  /** It answered when this node called it; absent while that was not tried, false when it failed though the member itself calls. */
  callable?: boolean;
  /** Round in which it last called this node. */
  calledAt?: number;
  /** Messages that carried it since it last changed: the news travels first. */
  told: number;
}

/** What a merge did. */
export type Merge = 'applied' | 'doubted' | 'known' | 'older' | 'refused';

export const MAX_MEMBERS = 2_048;
/** A member probes one other in each round: it calls each of them once in about as many rounds as there are. This many more are forgiven. */
const ROUNDS_BETWEEN_CALLS = 10;
/** Doubters of one member that are remembered; more add nothing. */
const MAX_DOUBTERS = 8;
/** Hearsay may raise an incarnation this far at once: nobody restarts or refutes a million times between two messages. */
export const MAX_LEAP = 2 ** 20;

export class Table {
  readonly #selfId: string;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(selfId: string, now: () => number) {
    this.#selfId = selfId;
    this.#now = now;
  }

  members(): Member[] {
    return [...this.#entries.values()].map(({ id, name, address, incarnation, state, since, proven, callable }) => ({
      id,
      name,
      address,
      incarnation,
      state,
      since,
      proven,
      ...(callable === false && { callable }),
    }));
  }

  get(id: string): Claim | undefined {
    return this.#entries.get(id);
  }

  inState(...states: readonly MemberState[]): Claim[] {
    return [...this.#entries.values()].filter((entry) => states.includes(entry.state));
  }

  /** Members that others doubt and this node does not: to be tried first. */
  doubted(): Claim[] {
    return [...this.#entries.values()].filter((entry) => entry.doubters.size > 0 && entry.state === 'alive');
  }

  /** Puts a member of an accepted state in place. */
  restore(member: Member): void {
    if (member.id === this.#selfId || this.#entries.size >= MAX_MEMBERS) return;
    this.#entries.set(member.id, { ...member, ...unsuspected() });
  }

  /** The member itself spoke, or was reached: the best evidence there is. */
  heardFrom(peer: Peer, incarnation: number): Merge {
    const entry = this.#entry(peer, true);
    if (entry === undefined) return 'refused';
    if (entry.state === 'left' && incarnation <= entry.incarnation) return 'older';
    Object.assign(entry, { name: peer.name, address: peer.address, proven: true });
    this.#live(entry, Math.max(entry.incarnation, incarnation));
    return 'applied';
  }

  /** It called this node by itself. */
  called(id: string, round: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.calledAt = round;
  }

  /** It answered when this node called it. */
  answered(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.callable = true;
  }

  /** It has called lately, and never answers: behind a NAT, or under a wrong address. Its calls are the evidence of its life. */
  onlyCalls(id: string, round: number): boolean {
    const entry = this.#entries.get(id);
    return entry?.callable === false && !entry.saidToHaveLeft && this.#calledLately(entry, round);
  }

  #calledLately({ calledAt }: Entry, round: number): boolean {
    return calledAt !== undefined && round - calledAt <= ROUNDS_BETWEEN_CALLS + this.#entries.size;
  }

  /** Somebody else reached it. */
  reached(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.state !== 'left') this.#live(entry, entry.incarnation);
  }

  /** The member itself said goodbye. */
  leaving(peer: Peer, incarnation: number): Merge {
    const entry = this.#entry(peer, true);
    if (entry === undefined || incarnation < entry.incarnation) return 'older';
    entry.incarnation = incarnation;
    this.#change(entry, 'left');
    return 'applied';
  }

  /** `by` says something of a third node. */
  hear(claim: Claim, by: string): Merge {
    const known = this.#entries.get(claim.id);
    if (claim.id === this.#selfId || claim.incarnation > (known?.incarnation ?? 0) + MAX_LEAP) return 'refused';
    if (known === undefined && (claim.state === 'dead' || claim.state === 'left')) return 'refused';
    const entry = known ?? this.#entry(claim, false);
    if (entry === undefined) return 'refused';
    if (claim.incarnation < entry.incarnation) return 'older';
    if (claim.incarnation > entry.incarnation) this.#takeIncarnation(entry, claim);
    if (claim.state === 'alive') return known === undefined ? 'applied' : 'known';
    return this.#doubt(entry, claim.state, by);
  }

  /** This node's own attempts failed, directly and through others. */
  failed(id: string, round: number): void {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'alive') return;
    if (this.onlyCalls(id, round)) {
      entry.doubters.clear();
      return;
    }
    if (entry.callable === undefined && this.#calledLately(entry, round)) entry.callable = false;
    this.#change(entry, entry.saidToHaveLeft ? 'left' : 'suspect');
    entry.suspectedAt = round;
  }

  /** Turns suspicions into deaths whose time has come. `patience` is the local health's factor. */
  expire(round: number, patience: number): void {
    const othersAlive = this.inState('alive').length;
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'suspect' || entry.doubters.size < confirmationsNeeded(othersAlive)) continue;
      const lasts = suspicionRounds(this.#entries.size + 1, entry.doubters.size) * patience;
      if (round - entry.suspectedAt >= lasts) this.#change(entry, 'dead');
    }
  }

  /** What to tell `listener`: first what concerns itself, so that it can refute, then what was told least. */
  claims(listener: string, max: number): Claim[] {
    const about = this.#entries.get(listener);
    const chosen = about === undefined ? this.#leastTold(max) : [about, ...this.#leastTold(max - 1, about)];
    for (const entry of chosen) entry.told++;
    return chosen;
  }

  /** In one pass, for it is done for every message; of those told equally often the older entries. */
  #leastTold(count: number, except?: Entry): Entry[] {
    const least: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry === except) continue;
      let place = least.length;
      while (place > 0 && (least[place - 1] as Entry).told > entry.told) place -= 1;
      if (place >= count) continue;
      least.splice(place, 0, entry);
      if (least.length > count) least.pop();
    }
    return least;
  }

  #doubt(entry: Entry, state: MemberState, by: string): Merge {
    if (entry.state !== 'alive' && entry.state !== 'suspect') return 'known';
    if (entry.doubters.has(by) || entry.doubters.size >= MAX_DOUBTERS) return 'known';
    entry.doubters.add(by);
    entry.saidToHaveLeft ||= state === 'left';
    return 'doubted';
  }

  #takeIncarnation(entry: Entry, claim: Claim): void {
    Object.assign(entry, { name: claim.name, address: claim.address });
    this.#live(entry, claim.incarnation);
  }

  #live(entry: Entry, incarnation: number): void {
    if (incarnation > entry.incarnation) entry.told = 0;
    entry.incarnation = incarnation;
    entry.doubters.clear();
    entry.saidToHaveLeft = false;
    this.#change(entry, 'alive');
  }

  #change(entry: Entry, state: MemberState): void {
    if (entry.state === state) return;
    entry.state = state;
    entry.since = this.#now();
    entry.told = 0;
  }

  /** The entry of a peer, made if there is room; one that speaks for itself takes the place of mere hearsay. */
  #entry(peer: Peer, proven: boolean): Entry | undefined {
    const known = this.#entries.get(peer.id);
    if (known !== undefined || peer.id === this.#selfId) return known;
    if (this.#entries.size >= MAX_MEMBERS && !this.#makeRoom(proven)) return undefined;
    const { id, name, address } = peer;
    const entry: Entry = {
      id,
      name,
      address,
      proven,
      incarnation: 0,
      state: 'alive',
      since: this.#now(),
      ...unsuspected(),
    };
    this.#entries.set(id, entry);
    return entry;
  }

  #makeRoom(proven: boolean): boolean {
    const gone = [...this.#entries.values()].filter((entry) => entry.state === 'dead' || entry.state === 'left');
    const oldest = gone.toSorted((a, b) => a.since - b.since)[0];
    const victim = oldest ?? (proven ? [...this.#entries.values()].find((entry) => !entry.proven) : undefined);
    return victim !== undefined && this.#entries.delete(victim.id);
  }
}

function unsuspected(): Pick<Entry, 'doubters' | 'saidToHaveLeft' | 'suspectedAt' | 'told'> {
  return { doubters: new Set(), saidToHaveLeft: false, suspectedAt: 0, told: 0 };
}
