/**
 * What this node holds of the others.
 *
 * Nobody is taken down on hearsay. What others say of a member's failure makes this node try the member itself, and
 * counts as a confirmation; only when its own attempts failed, directly and through others, does it suspect, and only
 * time, confirmations by others and one more attempt turn a suspicion into a death. So a faulty observer harms nothing but its own view.
 * Hearsay of life is believed when the incarnation is higher: only the member itself raises it.
 */
import type { Peer } from '../../sdk/index.ts';
import type { Claim, MemberState } from './claims.ts';
import { chooseToTell } from '../../sdk/replicated.ts';
import { calledLately, ENOUGH, endsSuspicion, isDoubted, isGone, memberOf, REFRESHED, unsuspected } from './entry.ts';
import type { Entry, Member } from './entry.ts';
import type { Rumour } from './rumour.ts';
import { confirmationsNeeded, suspicionRounds } from './suspicion.ts';

/** What a merge did. */
export type Merge = 'applied' | 'doubted' | 'known' | 'older' | 'refused';

/** How this node's own attempts failed, what the others that tried found, and how long the doubt could have been refuted before. */
export interface Failed {
  readonly refused: boolean;
  readonly others: ReadonlyMap<string, 'silent' | 'gone'>;
  readonly waitedMs?: number;
}

/** Times on the clock of suspicions, in rounds. */
export interface Patience {
  /** The local health's factor. */
  readonly factor: number;
  readonly restartRounds: number;
  /** The last attempt may take so long. */
  readonly lookRounds: number;
}

export const MAX_MEMBERS = 2_048;
/** Doubters of one member that are remembered; more add nothing. */
const MAX_DOUBTERS = 8;
/** Hearsay may raise an incarnation this far at once: nobody restarts or refutes a million times between two messages. */
export const MAX_LEAP = 2 ** 20;

/** `before`: null for a member that is new here. */
type Changed = (entry: Readonly<Entry>, before: MemberState | null) => void;

export class Table {
  readonly #selfId: string;
  readonly #now: () => number;
  readonly #news: (entry: Readonly<Entry>) => void;
  readonly #changed: Changed;
  readonly #entries = new Map<string, Entry>();

  /** `news`: told of what others should hear at once: who is new, doubted, gone, or back. `changed`: of every change of a state. */
  constructor(selfId: string, now: () => number, news: (entry: Readonly<Entry>) => void = () => {}, changed: Changed = () => {}) {
    this.#selfId = selfId;
    this.#now = now;
    this.#news = news;
    this.#changed = changed;
  }

  get size(): number {
    return this.#entries.size;
  }

  members(): Member[] {
    return [...this.#entries.values()].map(memberOf);
  }

  get(id: string): Claim | undefined {
    return this.#entries.get(id);
  }

  inState(...states: readonly MemberState[]): Claim[] {
    return [...this.#entries.values()].filter((entry) => states.includes(entry.state));
  }

  /** Members that others doubt and this node does not: to be tried first. */
  doubted(): Claim[] {
    return [...this.#entries.values()].filter((entry) => isDoubted(entry) && entry.state === 'alive');
  }

  isDoubted(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && entry.state === 'alive' && isDoubted(entry);
  }

  /** So many others suspect it that it may be taken for dead, once this node does. */
  isConfirmed(id: string): boolean {
    return (this.#entries.get(id)?.doubters.size ?? 0) >= confirmationsNeeded(this.inState('alive').length);
  }

  /** Puts a member of an accepted state in place. */
  restore(member: Member): void {
    if (member.id === this.#selfId || this.#entries.size >= MAX_MEMBERS) return;
    this.#entries.set(member.id, { ...member, ...unsuspected(), told: ENOUGH });
  }

  /** The member itself spoke, or was reached: the best evidence there is. */
  heardFrom(peer: Peer, incarnation: number): Merge {
    const entry = this.#entry(peer, { proven: true });
    if (entry === undefined) return 'refused';
    if (entry.state === 'left' && incarnation <= entry.incarnation) return 'older';
    // Unless this is the answer to a call: see `answered`.
    if (entry.failedSince) entry.callable = false;
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
    if (entry !== undefined) Object.assign(entry, { callable: true, failedSince: false });
  }

  /** It has called lately, and never answers: behind a NAT, or under a wrong address. Its calls are the evidence of its life. */
  onlyCalls(id: string, round: number): boolean {
    const entry = this.#entries.get(id);
    return entry?.callable === false && !entry.saidToHaveLeft && calledLately(entry, round);
  }

  /** Somebody else reached it. */
  reached(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.state !== 'left') this.#live(entry, entry.incarnation);
  }

  /** The member itself said goodbye. */
  leaving(peer: Peer, incarnation: number): Merge {
    const entry = this.#entry(peer, { proven: true });
    if (entry === undefined || incarnation < entry.incarnation) return 'older';
    entry.incarnation = incarnation;
    return this.#change(entry, 'left') ? 'applied' : 'known';
  }

  /** `by` says something of a third node. `fresh`: it may be news to others too; `refused`: that nobody listens at its port, as `by` saw where it suspects it. */
  hear(claim: Claim, by: string, { fresh = true, refused = false } = {}): Merge {
    const known = this.#entries.get(claim.id);
    if (claim.id === this.#selfId || claim.incarnation > (known?.incarnation ?? 0) + MAX_LEAP) return 'refused';
    if (known === undefined && (claim.state === 'dead' || claim.state === 'left')) return 'refused';
    const entry = known ?? this.#entry(claim, { proven: false, fresh });
    if (entry === undefined) return 'refused';
    if (claim.incarnation < entry.incarnation) return 'older';
    if (claim.incarnation > entry.incarnation) this.#takeIncarnation(entry, claim);
    if (claim.state === 'alive') return known === undefined ? 'applied' : 'known';
    return this.#doubt(entry, claim.state, by, refused);
  }

  /** Somebody passes on that a member failed or left: reason to try it, and nothing else. */
  rumour({ id, incarnation, what }: Rumour): Merge {
    const entry = this.#entries.get(id);
    if (entry === undefined || incarnation > entry.incarnation + MAX_LEAP) return 'refused';
    if (incarnation < entry.incarnation) return 'older';
    if (what === 'left') this.#saidToHaveLeft(entry);
    if (entry.state !== 'alive') return 'known';
    entry.rumoured = true;
    return 'doubted';
  }

  /** Whether a rumour says what this node does not know to be false. */
  holds({ id, incarnation }: Rumour): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && entry.incarnation <= incarnation && (entry.state !== 'alive' || isDoubted(entry));
  }

  /** This node's own attempts failed, directly and through others. `at`: on the clock of suspicions. */
  failed(id: string, { round, at }: { readonly round: number; readonly at: number }, { refused, others }: Failed): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || (entry.state !== 'alive' && entry.state !== 'suspect')) return;
    if (this.onlyCalls(id, round)) {
      Object.assign(entry, unsuspected());
      return;
    }
    entry.refused = refused;
    for (const [other, outcome] of others) this.#confirm(entry, other, outcome);
    if (entry.state === 'suspect') return;
    entry.failedSince = true;
    entry.suspectedAt = at;
    this.#change(entry, entry.saidToHaveLeft ? 'left' : 'suspect');
  }

  /** Suspects whose time has come: one more attempt, and they are dead. */
  due(at: number, { factor, restartRounds, lookRounds }: Patience): Claim[] {
    const needed = confirmationsNeeded(this.inState('alive').length);
    return [...this.#entries.values()].filter((entry) => {
      if (entry.state !== 'suspect' || entry.doubters.size < needed) return false;
      const lasts = isGone(entry, needed) ? restartRounds : suspicionRounds(entry.doubters.size) * factor - lookRounds;
      return at - entry.suspectedAt >= lasts;
    });
  }

  /** Suspects at whose ports nobody listens, and of whom too few others have said so within `rounds`. */
  unconfirmed(at: number, rounds: number): Claim[] {
    const needed = confirmationsNeeded(this.inState('alive').length);
    const suspects = [...this.#entries.values()].filter(({ state, refused }) => state === 'suspect' && refused);
    return suspects.filter(({ refusedOthers, suspectedAt }) => refusedOthers.size < needed && at - suspectedAt >= rounds);
  }

  /** Whether at some suspect's port nobody listens. */
  anyRefused(): boolean {
    return this.#entries.values().some(({ state, refused }) => state === 'suspect' && refused);
  }

  /** The last attempt failed too. */
  lastFailed(id: string, refused: boolean): void {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'suspect') return;
    if (endsSuspicion(entry, refused, confirmationsNeeded(this.inState('alive').length))) this.#change(entry, 'dead');
  }

  /** What to tell `listener`. */
  claims(listener: string, max: number): Claim[] {
    const about = this.#entries.get(listener);
    return chooseToTell(this.#entries.values(), { about, max, enough: ENOUGH, refreshed: REFRESHED });
  }

  /** All who are here, for a newcomer. */
  everybody(): Claim[] {
    return this.inState('alive', 'suspect');
  }

  #doubt(entry: Entry, state: MemberState, by: string, refused: boolean): Merge {
    if (state === 'left') this.#saidToHaveLeft(entry);
    if (entry.state !== 'alive' && entry.state !== 'suspect') return 'known';
    if (refused && entry.refusedOthers.size < MAX_DOUBTERS) entry.refusedOthers.add(by);
    if (entry.doubters.has(by) || entry.doubters.size >= MAX_DOUBTERS) return 'known';
    entry.doubters.add(by);
    return 'doubted';
  }

  /** Another one found it out for this node, which suspects it. */
  confirmed(id: string, by: string, outcome: 'silent' | 'gone'): void {
    const entry = this.#entries.get(id);
    if (entry?.state === 'suspect') this.#confirm(entry, by, outcome);
  }

  #confirm(entry: Entry, by: string, outcome: 'silent' | 'gone'): void {
    if (entry.doubters.size < MAX_DOUBTERS) entry.doubters.add(by);
    if (outcome === 'gone' && entry.refusedOthers.size < MAX_DOUBTERS) entry.refusedOthers.add(by);
  }

  /** Of one that cannot be reached anyway, it is believed at once. */
  #saidToHaveLeft(entry: Entry): void {
    entry.saidToHaveLeft = true;
    if (entry.state === 'suspect' || entry.state === 'dead') this.#change(entry, 'left');
  }

  #takeIncarnation(entry: Entry, claim: Claim): void {
    Object.assign(entry, { name: claim.name, address: claim.address });
    this.#live(entry, claim.incarnation);
  }

  #live(entry: Entry, incarnation: number): void {
    const refuted = incarnation > entry.incarnation && (isDoubted(entry) || entry.state !== 'alive');
    if (incarnation > entry.incarnation) entry.told = 0;
    entry.incarnation = incarnation;
    Object.assign(entry, unsuspected());
    this.#change(entry, 'alive');
    if (refuted) this.#news(entry);
  }

  #change(entry: Entry, state: MemberState): boolean {
    const before = entry.state;
    if (before === state) return false;
    entry.state = state;
    entry.since = this.#now();
    entry.told = 0;
    this.#changed(entry, before);
    if (state === 'suspect' || state === 'left') this.#news(entry);
    return true;
  }

  /** The entry of a peer, made if there is room; one that speaks for itself takes the place of mere hearsay. */
  #entry(peer: Peer, { proven, fresh = true }: { readonly proven: boolean; readonly fresh?: boolean }): Entry | undefined {
    const known = this.#entries.get(peer.id);
    if (known !== undefined || peer.id === this.#selfId) return known;
    if (this.#entries.size >= MAX_MEMBERS && !this.#makeRoom(proven)) return undefined;
    const { id, name, address } = peer;
    const told = fresh ? 0 : ENOUGH;
    const entry: Entry = { id, name, address, proven, incarnation: 0, state: 'alive', since: this.#now(), told, ...unsuspected() };
    this.#entries.set(id, entry);
    this.#changed(entry, null);
    if (fresh) this.#news(entry);
    return entry;
  }

  #makeRoom(proven: boolean): boolean {
    const gone = [...this.#entries.values()].filter((entry) => entry.state === 'dead' || entry.state === 'left');
    const oldest = gone.toSorted((a, b) => a.since - b.since)[0];
    const victim = oldest ?? (proven ? [...this.#entries.values()].find((entry) => !entry.proven) : undefined);
    return victim !== undefined && this.#entries.delete(victim.id);
  }
}
