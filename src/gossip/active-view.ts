/**
 * The active view: the few peers that a node speaks over, so that its connections are few and warm. The node chooses them itself, from
 * the hints (the passive view), and changes them slowly; nobody gets in by calling, and hearsay displaces nobody who answered (attack B8).
 */
import type { NodeId, Peer } from '../model/names.ts';
import { TokenBucket } from '../model/token-bucket.ts';
import { weight } from './hint-entry.ts';
import type { PeerChoice } from '../sdk/peer-choice.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import type { Hint } from './protocol.ts';
import { jittered } from './timing.ts';

/** Never fewer, so that a few dead peers do not cut a small cluster; never more, for each costs a connection. */
const LEAST_PLACES = 4;
const MOST_PLACES = 12;
/** Calls that fail in a row until a peer leaves: one that was lost says little. One that never answered leaves after the first. */
const FAILURES_TO_LEAVE = 2;
/** Peers that may leave at once because they fail; then one in each round. If many seem to fail, it may be this node that is slow (law 10). */
const MOST_LEAVE_AT_ONCE = 3;

/** So many peers keep an overlay of `others` + 1 nodes connected when a good part of them is down: log2 n, and two more. */
export function placesAmong(others: number): number {
  return Math.min(MOST_PLACES, Math.max(LEAST_PLACES, Math.ceil(Math.log2(others + 1)) + 2));
}

/** Peers that modules may draw, those of the view among them. */
const PEERS_FOR_MODULES = 64;

export class ActiveView {
  readonly #hints: Hints;
  readonly #ports: Ports;
  readonly #leaves: TokenBucket;
  #members: NodeId[] = [];
  #rotateAt: number | null = null;

  constructor(hints: Hints, ports: Ports) {
    this.#hints = hints;
    this.#ports = ports;
    this.#leaves = new TokenBucket(MOST_LEAVE_AT_ONCE, ports.timing.intervalMs);
  }

  /** As it is; nothing is mended for it. */
  get members(): readonly NodeId[] {
    return this.#members;
  }

  has({ id }: Pick<Peer, 'id'>): boolean {
    return this.#members.includes(id);
  }

  /** One at random for which `fits` holds: of the view, or else of all hints. */
  pick(fits: (peer: Peer) => boolean): Peer | undefined {
    return this.sample(1, fits)[0] ?? this.#hints.pick(fits);
  }

  /** Likewise a rendezvous node. */
  pickRendezvous(fits: (peer: Peer) => boolean): Peer | undefined {
    return this.sample(1, (peer) => this.#hints.isRendezvous(peer.id) && fits(peer))[0] ?? this.#hints.pickRendezvous(fits);
  }

  /** At most `count` of the view, in random order; those that failed are chosen less often. */
  sample(count = MOST_PLACES, fits: (peer: Peer) => boolean = () => true): Peer[] {
    this.#mend();
    const left = this.#members.flatMap((id) => this.#hints.hint(id) ?? []).filter(fits);
    const drawn: Peer[] = [];
    while (drawn.length < count && left.length > 0) {
      const [{ id, address, name }] = left.splice(this.#draw(left), 1) as [Hint];
      drawn.push({ id, address, name });
    }
    return drawn;
  }

  /** For modules: those of the view, and others, which are drawn when they are asked for. */
  forModules(): PeerChoice<Peer> {
    const near = this.sample();
    const draw = (): Peer[] => this.#hints.sample(PEERS_FOR_MODULES - near.length, (peer) => !this.has(peer));
    let others: readonly Peer[] | undefined;
    return {
      near,
      get others() {
        return (others ??= draw());
      },
    };
  }

  /** A place among these, at their weights. */
  #draw(among: readonly Hint[]): number {
    let rest = this.#ports.random() * among.reduce((sum, hint) => sum + weight(hint), 0);
    const drawn = among.findIndex((hint) => (rest -= weight(hint)) < 0);
    return drawn === -1 ? among.length - 1 : drawn;
  }

  /** Fills what is free, replaces what fails, and now and then one at random. */
  #mend(): void {
    this.#members = this.#members.filter((id) => this.#hints.hint(id) !== undefined && !this.#hints.isAway(id));
    this.#rotate();
    for (const id of this.#members) this.#doubt(this.#hints.hint(id) as Hint);
    const places = placesAmong(this.#hints.size);
    while (this.#members.length < places) {
      const next = this.#good() ?? this.#untried() ?? this.#another();
      if (next === undefined) break;
      this.#members.push(next.id);
    }
    this.#keepRendezvous(places);
  }

  /** Gives the place of one that fails, or has not answered yet, to a better one if there is one. */
  #doubt(hint: Hint): void {
    const better = isGood(hint) ? undefined : this.#good();
    if (better !== undefined && !hint.proven && hint.failures === 0) return this.#replace(hint.id, better);
    if (!fails(hint)) return;
    const next = better ?? (hint.proven ? undefined : this.#untried());
    if (next !== undefined && this.#leaves.take(this.#ports.now)) this.#replace(hint.id, next);
  }

  /** One place, now and then: the overlay stays random, and whoever was in nobody's view comes into one (Peer sampling). */
  #rotate(): void {
    const { now, random, timing } = this.#ports;
    this.#rotateAt ??= now + random() * timing.rotateMs;
    if (now < this.#rotateAt) return;
    this.#rotateAt = now + jittered(timing.rotateMs, random);
    const leaving = this.#members[Math.floor(random() * this.#members.length)];
    if (leaving === undefined) return;
    const next = this.#isLastRendezvous(leaving) ? this.#rendezvous() : this.#good();
    if (next !== undefined) this.#replace(leaving, next);
  }

  /** A rendezvous node that answers is always among them: whoever lies to a node cannot fill its whole view. */
  #keepRendezvous(places: number): void {
    if (this.#members.some((id) => this.#hints.isRendezvous(id))) return;
    const next = this.#rendezvous();
    if (next === undefined) return;
    if (this.#members.length < places) this.#members.push(next.id);
    else this.#members[Math.floor(this.#ports.random() * places)] = next.id;
  }

  #isLastRendezvous(id: NodeId): boolean {
    return this.#hints.isRendezvous(id) && this.#members.every((other) => other === id || !this.#hints.isRendezvous(other));
  }

  #replace(id: NodeId, next: Pick<Peer, 'id'>): void {
    this.#members[this.#members.indexOf(id)] = next.id;
  }

  /** Proven, and answers. */
  #good(): Peer | undefined {
    return this.#hints.pick((hint) => isGood(hint) && !this.has(hint));
  }

  /** Never answered, never failed: at most half of the places are for such, while there are too few others. */
  #untried(): Peer | undefined {
    const untried = this.#members.filter((id) => this.#hints.hint(id)?.proven === false).length;
    if (untried >= placesAmong(this.#hints.size) / 2) return undefined;
    return this.#hints.pick((hint) => !hint.proven && hint.failures === 0 && !this.has(hint));
  }

  /** Whoever is left: in a small cluster the view is everybody, and the dead are tried again there. */
  #another(): Peer | undefined {
    return this.#hints.pick((hint) => hint.proven && !this.has(hint));
  }

  #rendezvous(): Peer | undefined {
    return this.#hints.pickRendezvous(({ id }) => !this.has({ id }) && (this.#hints.hint(id)?.failures ?? 0) < FAILURES_TO_LEAVE);
  }
}

function isGood(hint: Hint): boolean {
  return hint.proven && !fails(hint);
}

function fails({ proven, failures }: Hint): boolean {
  return failures >= (proven ? FAILURES_TO_LEAVE : 1);
}
