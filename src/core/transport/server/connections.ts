/**
 * Who may be connected (attacks C7 to C9). A pure table: it is told of accepted, identified and closed connections
 * and of the time, and decides who gets in and who gives way.
 *
 * Handshakes have places of their own. One that has begun is finished: only a stranger's gives way to a member's address, and one that has
 * stalled to anybody, so that half-open clients never keep honest ones out. A strained node begins fewer, of members and of strangers alike,
 * and turns the rest away before they cost anything (law 10). Of the other places some are the members' alone. Where all are taken, the
 * connection that lies idle longest gives way, a stranger's first; one with a request under way never does.
 */
import type { NodeId } from '../../../model/names.ts';
import { addressGroup, isLoopback } from '../address.ts';
import type { ServerLimits } from '../limits.ts';
import { BoundedSet } from '../../../model/bounded.ts';
import { TokenBucket, TokenBuckets } from '../../../model/token-bucket.ts';

export interface Connection {
  readonly group: string;
  readonly loopback: boolean;
  /** Null until its handshake is done. */
  id: NodeId | null;
  requestsUnderWay: number;
  /** When it was accepted, or when its last request was done. */
  idleSince: number;
  /** Ends it at once. */
  readonly end: () => void;
}

/** Addresses of members, remembered so that strangers' floods do not use up the members' handshakes. */
const MAX_FAMILIAR = 1_024;
/** Addresses whose rate of handshakes is remembered. */
const MAX_RATED_ADDRESSES = 4_096;

export class ConnectionTable {
  readonly #limits: ServerLimits;
  readonly #isKnown: (id: NodeId) => boolean;
  readonly #connections = new Set<Connection>();
  readonly #familiar = new BoundedSet<string>(MAX_FAMILIAR);
  readonly #handshakes: { readonly members: TokenBucket; readonly strangers: TokenBucket };
  readonly #handshakesAt: TokenBuckets<string>;
  /** A handshake that began before has stalled. */
  #stalledSince = -Infinity;

  constructor(limits: ServerLimits, isKnown: (id: NodeId) => boolean, now: number) {
    this.#limits = limits;
    this.#isKnown = isKnown;
    const bucket = () => new TokenBucket(limits.handshakeBurst, 1_000 / limits.handshakesPerSecond, now);
    this.#handshakes = { members: bucket(), strangers: bucket() };
    this.#handshakesAt = new TokenBuckets(
      limits.handshakeBurstPerAddress,
      1_000 / limits.handshakesPerAddressPerSecond,
      MAX_RATED_ADDRESSES,
    );
  }

  /** How many are open, and of these, how many are handshakes. */
  get counts(): { readonly open: number; readonly handshakes: number } {
    return { open: this.#connections.size, handshakes: this.#all(({ id }) => id === null).length };
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values();
  }

  /** A connection from `caller` was accepted. Null: end it before it costs a handshake. `strain`: how much this node is strained, from 1. */
  open(caller: string, end: () => void, now: number, strain = 1): Connection | null {
    const group = addressGroup(caller);
    const loopback = isLoopback(caller);
    // First the address's own: what it has too many must not be taken from others.
    if (!loopback && !this.#handshakesAt.take(group, now)) return null;
    const bucket = this.#familiar.has(group) ? this.#handshakes.members : this.#handshakes.strangers;
    if (!bucket.take(now, strain)) return null;
    // Handshakes take longer where the node is slow, and have not stalled.
    this.#stalledSince = now - this.#limits.handshakeStalledMs * strain;
    const connection: Connection = { group, loopback, id: null, requestsUnderWay: 0, idleSince: now, end };
    if (!this.#roomAtAddress(connection) || !this.#roomForHandshake(group)) return null;
    this.#connections.add(connection);
    return connection;
  }

  /** The handshake is done, and this is who calls. False: end it. */
  identify(connection: Connection, id: NodeId, now: number): boolean {
    if (!this.#connections.has(connection)) return false;
    const member = this.#isKnown(id);
    if (member) this.#familiar.add(connection.group);
    if (!this.#roomForId(id) || !(member ? this.#roomForMember() : this.#roomForStranger())) return false;
    connection.id = id;
    connection.idleSince = now;
    return true;
  }

  close(connection: Connection): void {
    this.#connections.delete(connection);
  }

  #roomAtAddress({ group, loopback }: Connection): boolean {
    const max = loopback ? this.#limits.maxStrangersPerLoopbackAddress : this.#limits.maxStrangersPerAddress;
    const neighbours = this.#all((other) => other.group === group && !this.#isMember(other));
    return neighbours.length < max || this.#giveWay(neighbours);
  }

  #roomForHandshake(group: string): boolean {
    const handshakes = this.#all(({ id }) => id === null);
    if (handshakes.length < this.#limits.maxHandshakes || this.#giveWay(handshakes)) return true;
    return this.#familiar.has(group) && this.#end(oldest(handshakes.filter((other) => !this.#familiar.has(other.group))));
  }

  #roomForId(id: NodeId): boolean {
    const own = this.#all((other) => other.id === id);
    return own.length < this.#limits.maxConnectionsPerId || this.#giveWay(own);
  }

  /** In a cluster with more members than places, the member that lies idle longest gives way, and comes back. */
  #roomForMember(): boolean {
    return this.#isPlaceLeft() || this.#giveWay(this.#strangers()) || this.#giveWay(this.#identified());
  }

  #roomForStranger(): boolean {
    const strangers = this.#strangers();
    return (strangers.length < this.#limits.maxStrangers && this.#isPlaceLeft()) || this.#giveWay(strangers);
  }

  /** The one that is missed least; false when all of them are at work. */
  #giveWay(candidates: readonly Connection[]): boolean {
    const stalled = candidates.filter(({ id, idleSince }) => id === null && idleSince <= this.#stalledSince);
    return this.#end(oldest(stalled) ?? oldest(candidates.filter(({ id, requestsUnderWay }) => id !== null && requestsUnderWay === 0)));
  }

  /** Its place is free at once: its socket closes later, and the next of a burst must find another victim. */
  #end(victim: Connection | null): boolean {
    if (!victim) return false;
    this.#connections.delete(victim);
    victim.end();
    return true;
  }

  #isPlaceLeft(): boolean {
    return this.#identified().length < this.#limits.maxConnections - this.#limits.maxHandshakes;
  }

  #identified(): Connection[] {
    return this.#all(({ id }) => id !== null);
  }

  #strangers(): Connection[] {
    return this.#identified().filter((other) => !this.#isMember(other));
  }

  #all(matches: (connection: Connection) => boolean): Connection[] {
    return [...this.#connections].filter(matches);
  }

  #isMember(connection: Connection): boolean {
    return connection.id !== null && this.#isKnown(connection.id);
  }
}

function oldest(connections: readonly Connection[]): Connection | null {
  return connections.reduce<Connection | null>((first, next) => (first && first.idleSince <= next.idleSince ? first : next), null);
}
