/**
 * Who may be connected (attacks C7 to C9). A pure table: it is told of accepted, identified and closed connections
 * and of the time, and decides who gets in and who gives way.
 *
 * Handshakes have places of their own, and the oldest unfinished one gives way to the newest, so that half-open clients
 * never keep honest ones out. Of the rest some places are the members' alone. Where all are taken, the connection that
 * lies idle longest gives way, a stranger's first; one with a request under way never does.
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

  get size(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values();
  }

  /** A connection from `caller` was accepted. Null: end it before it costs a handshake. */
  open(caller: string, end: () => void, now: number): Connection | null {
    const group = addressGroup(caller);
    const loopback = isLoopback(caller);
    // First the address's own: what it has too many must not be taken from others.
    if (!loopback && !this.#handshakesAt.take(group, now)) return null;
    const bucket = this.#familiar.has(group) ? this.#handshakes.members : this.#handshakes.strangers;
    if (!bucket.take(now)) return null;
    const connection: Connection = { group, loopback, id: null, requestsUnderWay: 0, idleSince: now, end };
    if (!this.#roomAtAddress(connection) || !this.#roomForHandshake()) return null;
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

  #roomForHandshake(): boolean {
    const handshakes = this.#all(({ id }) => id === null);
    return handshakes.length < this.#limits.maxHandshakes || this.#giveWay(handshakes);
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

  /** Its place is free at once: its socket closes later, and the next of a burst must find another victim. */
  #giveWay(candidates: readonly Connection[]): boolean {
    const victim = leastMissed(candidates);
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

/** The one of `candidates` that is missed least; null when all of them are at work. */
function leastMissed(candidates: readonly Connection[]): Connection | null {
  const oldest = (connections: readonly Connection[]) =>
    connections.reduce<Connection | null>((first, next) => (first && first.idleSince <= next.idleSince ? first : next), null);
  const handshaking = candidates.filter((connection) => connection.id === null);
  return oldest(handshaking) ?? oldest(candidates.filter((connection) => connection.requestsUnderWay === 0));
}
