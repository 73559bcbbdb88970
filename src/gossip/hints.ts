/**
 * Addresses of peers, as heard: hints. The table is bounded and in two parts, so that peers that answered once are never displaced by
 * peers that never did, whatever others claim (attacks B7, B8). Dead peers stay and are tried again.
 */
import type { Address, NodeId, Peer } from '../model/names.ts';
import type { Digest } from './digest.ts';
import { NoteBook } from './note-book.ts';
import { Pool } from './pool.ts';
import type { Hint, Sighting } from './protocol.ts';

/** Places for peers that answered at least once. */
export const MAX_PROVEN = 768;
/** Places for peers that were only heard of. */
export const MAX_UNPROVEN = 256;
/** After this many failures an address from hearsay replaces the one that does not work. */
const FAILURES_TO_DOUBT = 3;
/** So often in a row must a node call after calls to it have failed: who wakes from a freeze or restarts does so once. */
const CALLS_TO_BE_ALIVE = 2;
/** A peer that always fails is still chosen at this weight against 1 of a good one. */
const LEAST_WEIGHT = 1 / 8;
/** At most this part of the choices goes to unproven peers while there are proven ones. */
const MOST_UNPROVEN = 1 / 2;

/** What becomes of an entry's failures when it is reached, or is elsewhere. */
const REACHED = { failures: 0, failedSince: false, calledBack: 0 } as const;

interface Entry {
  readonly id: NodeId;
  address: Address;
  name: string;
  failures: number;
  proven: boolean;
  /** The node itself named this address. */
  own: boolean;
  /** When it last called here, and the digest that it showed. */
  heard?: { readonly at: number; readonly digest: Digest };
  /** A call to it has failed since it last called here. */
  failedSince?: boolean;
  /** How often it called after calls to it had failed, since one last succeeded. */
  calledBack?: number;
}

export class Hints {
  readonly #self: NodeId;
  readonly #random: () => number;
  readonly #proven: Pool<Entry>;
  readonly #unproven: Pool<Entry>;
  /** As the root names them, the revoked among them. */
  #named: readonly Peer[] = [];
  #rendezvous: ReadonlyMap<NodeId, Peer> = new Map();
  /** Who is revoked, and who was forgotten. */
  #book: Pick<NoteBook, 'revocation' | 'forgotten'> = new NoteBook();
  /** Whether the root names this node itself. */
  isOneself = false;
  /** Rises with every change that is worth writing to disk. */
  version = 0;

  constructor(self: NodeId, rendezvous: readonly Peer[], random: () => number) {
    this.#self = self;
    this.#random = random;
    this.#proven = new Pool<Entry>(MAX_PROVEN, random);
    this.#unproven = new Pool<Entry>(MAX_UNPROVEN, random);
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
    for (const { id } of this.#entries()) if (this.isRevoked(id)) this.forget(id);
    this.followRoot(this.#named);
  }

  /** Drops what is known of a node. */
  forget(id: NodeId): void {
    if (this.#get(id) === undefined) return;
    this.#forget(id);
    this.version += 1;
  }

  get size(): number {
    return this.#proven.size + this.#unproven.size;
  }

  /** Takes back the table that was on disk. */
  restore(hints: readonly Hint[]): void {
    for (const { id, address, name, failures, proven } of hints) {
      if (id === this.#self || this.isRevoked(id) || this.#book.forgotten(id) !== null) continue;
      this.#forget(id);
      this.#insert({ id, address, name, failures, proven, own: false });
    }
  }

  /**
   * A node said where it listens: its newest own claim wins over everything that others say. `incarnation`: which of its starts it is in, where it says so; one from
   * before it was forgotten is no sign of life.
   */
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

  /** Somebody else said where a node listens. `ofForgotten`: who says it knows that the node was forgotten, and has heard of it since. */
  hear(peer: Peer, { own = false, ofForgotten = false } = {}): void {
    if (peer.id === this.#self || this.isRevoked(peer.id)) return;
    const entry = this.#get(peer.id);
    if (entry === undefined) {
      if (!ofForgotten && this.#book.forgotten(peer.id) !== null) return;
      this.#insert({ id: peer.id, address: peer.address, name: peer.name, failures: 0, proven: false, own });
      this.version += 1;
    } else if (entry.address !== peer.address && entry.failures >= FAILURES_TO_DOUBT) {
      Object.assign(entry, { address: peer.address, own: false, failures: FAILURES_TO_DOUBT - 1 });
      this.version += 1;
    }
  }

  succeeded(peer: Peer): void {
    const entry = this.#get(peer.id);
    if (entry === undefined || (entry.address !== peer.address && entry.failures === 0)) return;
    Object.assign(entry, REACHED);
    if (entry.proven && entry.address === peer.address) return;
    this.#forget(entry.id);
    this.#insert({ ...entry, address: peer.address, proven: true, own: entry.own && entry.address === peer.address });
    this.version += 1;
  }

  failed(peer: Peer): void {
    const entry = this.#get(peer.id);
    if (entry === undefined) return;
    if (entry.address !== peer.address && this.#rendezvous.get(peer.id)?.address !== peer.address) return;
    entry.failures += 1;
    entry.failedSince = true;
  }

  /** It called. */
  called(id: NodeId, digest: Digest, now: number): void {
    const entry = this.#get(id);
    if (entry === undefined) return;
    if (entry.failedSince) entry.calledBack = (entry.calledBack ?? 0) + 1;
    Object.assign(entry, { heard: { at: now, digest }, failedSince: false });
  }

  /**
   * Whether it answers at its own address; null when that was not tried, or not often enough. Only one that goes on calling
   * while calls to it fail cannot be called: one that was silent meanwhile was down.
   */
  callable({ id, address }: Peer): boolean | null {
    const entry = this.#get(id);
    if (entry === undefined || entry.address !== address) return null;
    if (entry.failures >= FAILURES_TO_DOUBT && (entry.calledBack ?? 0) >= CALLS_TO_BE_ALIVE) return false;
    return entry.proven && entry.failures === 0 ? true : null;
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

  /** Whether the peer once answered, and this is where it is said to be. */
  answeredAt({ id, address }: Peer): boolean {
    const entry = this.#get(id);
    return entry?.proven === true && entry.address === address;
  }

  /** One peer at random for which `fits` holds; good ones are preferred, bad ones get a share. */
  pick(fits: (hint: Hint) => boolean = () => true): Peer | undefined {
    const [first, second] = this.#preferUnproven() ? [this.#unproven, this.#proven] : [this.#proven, this.#unproven];
    const entry = first.draw(weight, fits) ?? second.draw(weight, fits);
    return entry && toPeer(entry);
  }

  /** At most `count` distinct peers at random. */
  sample(count: number, fits: (hint: Hint) => boolean = () => true): Peer[] {
    const chosen = new Map<NodeId, Peer>();
    while (chosen.size < count) {
      const peer = this.pick((candidate) => !chosen.has(candidate.id) && fits(candidate));
      if (peer === undefined) break;
      chosen.set(peer.id, peer);
    }
    return [...chosen.values()];
  }

  /** Peers to tell others of: only such as answered here. */
  sampleProven(count: number, except: NodeId): Peer[] {
    const chosen = new Map<NodeId, Peer>();
    while (chosen.size < count) {
      const entry = this.#proven.draw(
        weight,
        (candidate) => candidate.id !== except && candidate.failures === 0 && !chosen.has(candidate.id),
      );
      if (entry === undefined) break;
      chosen.set(entry.id, toPeer(entry));
    }
    return [...chosen.values()];
  }

  /**
   * A rendezvous node at random for which `fits` holds. The root's address and the node's own newer claim take turns
   * while it does not answer, for either may be the wrong one.
   */
  pickRendezvous(fits: (peer: Peer) => boolean = () => true): Peer | undefined {
    const fitting = [...this.#rendezvous.values()].filter(fits);
    const chosen = fitting[Math.floor(this.#random() * fitting.length)];
    if (chosen === undefined) return undefined;
    const entry = this.#get(chosen.id);
    return entry === undefined || entry.failures % 2 === 1 ? chosen : toPeer(entry);
  }

  list(): Hint[] {
    return this.#entries().map(toHint);
  }

  /** `recentMs`: whoever called so lately is alive. */
  sightings(now: number, recentMs: number): Sighting[] {
    return this.#entries().map((entry) => {
      const { heard } = entry;
      if (heard === undefined) return toHint(entry);
      const uncallable = entry.own && now - heard.at <= recentMs && this.callable(entry) === false;
      return {
        ...toHint(entry),
        heard: { agoMs: Math.max(0, Math.round(now - heard.at)), digest: heard.digest },
        ...(uncallable && { uncallable }),
      };
    });
  }

  #entries(): Entry[] {
    return [...this.#proven.values(), ...this.#unproven.values()];
  }

  #get(id: NodeId): Entry | undefined {
    return this.#proven.get(id) ?? this.#unproven.get(id);
  }

  /** Whether it is refused, by a note. */
  isRevoked(id: NodeId): boolean {
    return this.#book.revocation(id) !== undefined;
  }

  #insert(entry: Entry): void {
    const pool = entry.proven ? this.#proven : this.#unproven;
    pool.add(entry, (candidate) => (this.#rendezvous.has(candidate.id) ? -1 : candidate.failures));
  }

  #forget(id: NodeId): void {
    this.#proven.delete(id);
    this.#unproven.delete(id);
  }

  #preferUnproven(): boolean {
    const share = this.#unproven.size / Math.max(1, this.size);
    return this.#random() < (this.#proven.size === 0 ? 1 : Math.min(share, MOST_UNPROVEN));
  }
}

/** How often a peer is chosen, against 1 of a good one. */
export function weight({ failures }: Pick<Hint, 'failures'>): number {
  return Math.max(LEAST_WEIGHT, 1 / (1 + failures));
}

function toPeer({ id, address, name }: Entry): Peer {
  return { id, address, name };
}

function toHint(entry: Entry): Hint {
  return { ...toPeer(entry), failures: entry.failures, proven: entry.proven };
}
