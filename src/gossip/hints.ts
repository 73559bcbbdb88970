/**
 * Addresses of peers, as heard: hints. The table is bounded and in two parts, so that peers that answered once are never displaced by
 * peers that never did, whatever others claim (attacks B7, B8). Dead peers stay and are tried again, but for those that
 * said goodbye.
 */
import type { NodeId, Peer } from '../model/names.ts';
import { isGone, isResting, nextTry, TIMELESS } from './absence.ts';
import type { HintsTime } from './absence.ts';
import type { Digest } from './digest.ts';
import { called, left, returned } from './goings.ts';
import { NoteBook } from './note-book.ts';
import { callable, distinct, FAILURES_TO_DOUBT, REACHED, sightingOf, toHint, toPeer } from './hint-entry.ts';
import type { Entry } from './hint-entry.ts';
import type { ToldPeer } from './messages.ts';
import { PeerTable } from './peer-table.ts';
import type { Hint, Sighting } from './protocol.ts';
import type { Farewell, Return } from '../trust/farewell.ts';

export class Hints {
  readonly #self: NodeId;
  readonly #time: HintsTime;
  readonly #random: () => number;
  readonly #table: PeerTable;
  /** As the root names them, the revoked among them. */
  #named: readonly Peer[] = [];
  #rendezvous: ReadonlyMap<NodeId, Peer> = new Map();
  /** Who is revoked, and who was forgotten. */
  #book: Pick<NoteBook, 'revocation' | 'forgotten'> = new NoteBook();
  /** Whether the root names this node itself. */
  isOneself = false;
  /** Rises with every change that is worth writing to disk. */
  version = 0;

  constructor(self: NodeId, rendezvous: readonly Peer[], random: () => number, time = TIMELESS) {
    this.#self = self;
    this.#time = time;
    this.#random = random;
    this.#table = new PeerTable(random);
    this.followRoot(rendezvous);
  }

  /** The rendezvous nodes are these from now on; whoever was one before is a peer like any other. */
  followRoot(rendezvous: readonly Peer[]): void {
    this.#named = rendezvous;
    this.isOneself = rendezvous.some(({ id }) => id === this.#self);
    this.#rendezvous = new Map(rendezvous.filter(({ id }) => id !== this.#self && !this.isRevoked(id)).map((peer) => [peer.id, peer]));
    for (const peer of this.#rendezvous.values()) this.hear(peer);
  }

  /** The notes about nodes are these from now on, and as they change. Whoever is revoked is dropped, also where the root still names it. */
  follow(book: Pick<NoteBook, 'revocation' | 'forgotten'>): void {
    this.#book = book;
    for (const { id } of this.#table.entries()) if (this.isRevoked(id)) this.forget(id);
    this.followRoot(this.#named);
  }

  /** Drops what is known of a node. */
  forget(id: NodeId): void {
    if (this.#get(id) === undefined) return;
    this.#table.delete(id);
    this.version += 1;
  }

  get size(): number {
    return this.#table.size;
  }

  /** Takes back the table that was on disk. */
  restore(hints: readonly Hint[]): void {
    for (const { id, address, name, failures, proven, tip = '', outlived = 0 } of hints) {
      if (id === this.#self || this.isRevoked(id) || this.#book.forgotten(id) !== null) continue;
      this.#table.delete(id);
      this.#insert({ id, address, name, failures, proven, own: false, livedAt: this.#time.now, outlived, tip });
    }
  }

  /** A node said where it listens: its newest own claim wins over what others say. A start from before it was forgotten is no sign of life. */
  claim(peer: Peer, incarnation: number | null = null): void {
    const entry = this.#get(peer.id);
    if (entry === undefined) {
      const gone = this.#book.forgotten(peer.id);
      if (gone === null || incarnation === null || incarnation >= gone) this.hear(peer, { own: true, ofForgotten: true });
      return;
    }
    const { own, address } = entry;
    const name = peer.name === '' ? entry.name : peer.name;
    if (own && address === peer.address && entry.name === name) return;
    if (address !== peer.address) Object.assign(entry, REACHED);
    Object.assign(entry, { address: peer.address, name, own: true });
    this.version += 1;
  }

  /** Another node tells of peers. */
  told(peers: readonly ToldPeer[], ofForgotten: boolean): void {
    for (const peer of peers) {
      this.hear(peer, { ofForgotten });
      const entry = this.#get(peer.id);
      if (entry?.address === peer.address && peer.claimed !== true) entry.vouchedFor = peer.address;
    }
  }

  /** Somebody else said where a node listens. `ofForgotten`: who says it knows that the node was forgotten, and has heard of it since. */
  hear(peer: Peer, { own = false, ofForgotten = false } = {}): void {
    if (peer.id === this.#self || this.isRevoked(peer.id)) return;
    const entry = this.#get(peer.id);
    if (entry === undefined) {
      if (!ofForgotten && this.#book.forgotten(peer.id) !== null) return;
      this.#insert({ id: peer.id, address: peer.address, name: peer.name, failures: 0, proven: false, own, livedAt: this.#time.now });
      this.version += 1;
    } else if (entry.address !== peer.address && entry.failures >= FAILURES_TO_DOUBT) {
      Object.assign(entry, { address: peer.address, own: false, failures: FAILURES_TO_DOUBT - 1 });
      this.version += 1;
    }
  }

  succeeded(peer: Peer): void {
    const entry = this.#get(peer.id);
    if (entry === undefined || (entry.address !== peer.address && entry.failures === 0)) return;
    Object.assign(entry, REACHED, { livedAt: this.#time.now });
    if (entry.proven && entry.address === peer.address) return;
    this.#table.delete(entry.id);
    this.#insert({ ...entry, address: peer.address, proven: true, own: entry.own && entry.address === peer.address });
    this.version += 1;
  }

  failed(peer: Peer): void {
    const entry = this.#get(peer.id);
    if (entry === undefined) return;
    if (entry.address !== peer.address && this.#rendezvous.get(peer.id)?.address !== peer.address) return;
    entry.failures += 1;
    entry.failedSince = true;
    const { now, timing } = this.#time;
    if (isGone(entry, now, timing.goneMs)) entry.tryAt = nextTry(entry.livedAt, now, timing.goneMs, this.#random);
  }

  /** It called, in this start of its; null: it does not say in which. */
  called(id: NodeId, digest: Digest, now: number, incarnation: number | null = null): void {
    const entry = this.#get(id);
    if (entry === undefined) return;
    if (entry.failedSince) entry.calledBack = (entry.calledBack ?? 0) + 1;
    Object.assign(entry, { heard: { at: now, digest }, failedSince: false, livedAt: now });
    if (called(entry, incarnation, now, this.#time.timing.settleMs)) this.version += 1;
  }

  /** It said goodbye. False where that was known, where it has lived since, and of a node that is not known here. */
  left(farewell: Farewell): boolean {
    const entry = this.#get(farewell.id);
    if (entry === undefined || !left(entry, farewell, this.#time.now)) return false;
    this.version += 1;
    return true;
  }

  /** It said that it is there again. True where others may still take it to have left. */
  returned(word: Return): boolean {
    const entry = this.#get(word.id);
    const said = entry === undefined ? null : returned(entry, word);
    if (said !== null) this.version += 1;
    return said?.news ?? false;
  }

  /** Whether the node has lived since: by its calls, where it has not said so. */
  hasOutlived({ id, incarnation }: Farewell): boolean {
    return (this.#get(id)?.outlived ?? 0) >= incarnation;
  }

  /** Its word that it is there again, where that takes this farewell back. */
  returnAfter({ id, incarnation }: Farewell): string | undefined {
    const back = this.#get(id)?.cameBack;
    return back !== undefined && back.incarnation > incarnation ? back.line : undefined;
  }

  keepTip(id: NodeId, tip: string): void {
    const entry = this.#get(id);
    if (entry === undefined) return;
    entry.tip = tip;
    this.version += 1;
  }

  hasLeft(id: NodeId): boolean {
    return this.#get(id)?.goodbye !== undefined;
  }

  /** Farewells of at most so many that have, those that lie side by side from one at random on. */
  someThatLeft(count: number): readonly string[] {
    const lines = this.#table.entries().flatMap(({ goodbye }) => goodbye?.line ?? []);
    const first = Math.floor(this.#random() * lines.length);
    return [...lines.slice(first), ...lines.slice(0, first)].slice(0, count);
  }

  /** One that has left, or that is gone and not to be tried now. */
  isAway(id: NodeId): boolean {
    const entry = this.#get(id);
    return entry !== undefined && !this.#isThere(entry);
  }

  /**
   * Whether it answers at its own address; null when that was not tried, or not often enough. Only one that goes on calling
   * while calls to it fail cannot be called: one that was silent meanwhile was down.
   */
  callable({ id, address }: Peer): boolean | null {
    const entry = this.#get(id);
    return entry?.address === address ? callable(entry) : null;
  }

  get(id: NodeId): Peer | undefined {
    const entry = this.#get(id);
    return entry && toPeer(entry);
  }

  /** What is known of a peer. */
  hint(id: NodeId): Hint | undefined {
    const entry = this.#get(id);
    return entry && toHint(entry);
  }

  /** Another node that the root names. */
  isRendezvous(id: NodeId): boolean {
    return this.#rendezvous.has(id);
  }

  /** Whether the peer once answered at this address, here or by the account of another node. */
  answeredAt({ id, address }: Peer): boolean {
    const entry = this.#get(id);
    return entry?.address === address && (entry.proven || entry.vouchedFor === address);
  }

  /** One peer at random for which `fits` holds; good ones are preferred, bad ones get a share. */
  pick(fits: (hint: Hint) => boolean = () => true): Peer | undefined {
    const entry = this.#table.draw((candidate) => this.#isThere(candidate) && fits(candidate));
    return entry && toPeer(entry);
  }

  /** At most `count` distinct peers at random. */
  sample(count: number, fits: (hint: Hint) => boolean = () => true): Peer[] {
    return distinct(count, (isNew) => this.pick((candidate) => isNew(candidate) && fits(candidate)));
  }

  /** Peers to tell others of: only such as answered here. */
  sampleProven(count: number, except: NodeId): Peer[] {
    const fits = (entry: Entry): boolean => entry.id !== except && entry.failures === 0 && entry.goodbye === undefined;
    return distinct(count, (isNew) => this.#table.drawProven((entry) => fits(entry) && isNew(entry))).map(toPeer);
  }

  /** Where a node is that another one looks for: as it answered here, or as it says itself. */
  whereabouts(id: NodeId): ToldPeer[] {
    const entry = this.#get(id);
    if (entry === undefined || !(entry.proven || entry.own) || entry.goodbye !== undefined) return [];
    return [{ ...toPeer(entry), ...(!entry.proven && { claimed: true as const }) }];
  }

  /**
   * A rendezvous node at random for which `fits` holds. The root's address and the node's own newer claim take turns
   * while it does not answer, for either may be the wrong one.
   */
  pickRendezvous(fits: (peer: Peer) => boolean = () => true): Peer | undefined {
    const all = [...this.#rendezvous.values()].filter(fits);
    const there = all.filter(({ id }) => !this.hasLeft(id));
    const fitting = there.length > 0 ? there : all;
    const chosen = fitting[Math.floor(this.#random() * fitting.length)];
    if (chosen === undefined) return undefined;
    const entry = this.#get(chosen.id);
    return entry === undefined || entry.failures % 2 === 1 ? chosen : toPeer(entry);
  }

  /** The others that the root names, where they were last. */
  rendezvous(): Peer[] {
    return [...this.#rendezvous.values()].map((peer) => this.get(peer.id) ?? peer);
  }

  list(): Hint[] {
    return this.#table.entries().map(toHint);
  }

  /** `recentMs`: whoever called so lately is alive. */
  sightings(now: number, recentMs: number): Sighting[] {
    return this.#table.entries().map((entry) => sightingOf(entry, now, recentMs));
  }

  #get(id: NodeId): Entry | undefined {
    return this.#table.get(id);
  }

  /** Whether it is refused, by a note. */
  isRevoked(id: NodeId): boolean {
    return this.#book.revocation(id) !== undefined;
  }

  #insert(entry: Entry): void {
    this.#table.add(entry, (candidate) => (this.#rendezvous.has(candidate.id) ? -1 : candidate.goodbye ? Infinity : candidate.failures));
  }

  /** Neither left, nor gone and tried lately. Rendezvous nodes are tried as ever: whoever was away finds the others by them. */
  #isThere(entry: Entry): boolean {
    const { now, timing } = this.#time;
    return entry.goodbye === undefined && (this.#rendezvous.has(entry.id) || !isResting(entry, now, timing.goneMs));
  }
}
