/**
 * Asks every node that can be found for its status. Those that the operator knows, or two nodes know, are asked first; what else is told is
 * hearsay, and comes last, in bounded number and time (attack B18). Nodes that have long been gone hold nobody up.
 */
import { checkPeerAddress, isLoopback } from '../../core/transport/address.ts';
import type { AddressPolicy } from '../../core/transport/address.ts';
import { splitAddress } from '../../model/address.ts';
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { Address, NodeId } from '../../model/names.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { NodeAddress } from '../client/client.ts';
import { Standing } from './standing.ts';
import type { Belief, StandingOptions, Unasked } from './standing.ts';

/** A node that was asked, and what came of it. */
export interface Sighting {
  /** Where it was asked; of a node that answered, the address that worked. */
  readonly node: NodeAddress;
  readonly answer: { readonly status: NodeStatus } | { readonly error: GossipError };
  /** When the answer came, by `performance.now()`. */
  readonly answeredAt?: number;
  /** What those that answered make of one that did not; absent: a member. */
  readonly belief?: Belief;
  /** Of one that calls others without answering: the digest of the configuration that it showed them last. */
  readonly heard?: string | null;
  /** How long nobody has heard of one that did not answer; null where nobody tells. */
  readonly silentMs?: number | null;
  /** Its answer may still come: it cannot be called silent yet. Told by looks that go on (`watch.ts`). */
  readonly pending?: true;
}

export interface Gathered {
  readonly sightings: readonly Sighting[];
  readonly unasked: Unasked;
  /** Where only some were asked; absent where everybody was. */
  readonly sample?: Sample;
  /** Members that were to be asked, and whose turn had not come when it ended; absent where there are none. */
  readonly waiting?: readonly NodeAddress[];
}

/** Members that were drawn at random instead of asking all. */
export interface Sample {
  /** Members that are known of. */
  readonly known: number;
  readonly drawn: ReadonlySet<NodeId>;
}

/** Over how many known members only some are asked, and how many of them. */
export interface Sampling {
  readonly above: number;
  readonly size: number;
  /** From 0 to 1; default: `Math.random`. */
  readonly random?: () => number;
}

export interface GatherOptions extends StandingOptions {
  /** Everything ends then, whoever has not answered. */
  readonly signal?: AbortSignal | undefined;
  readonly rendezvous?: ReadonlySet<NodeId> | undefined;
  /** How many times as long as usual members are waited for. */
  readonly patience?: number | undefined;
  readonly sampling?: Sampling | undefined;
  /** Those that are gone or have left get as much time as members, and all of them together ten minutes instead of one. */
  readonly everybody?: boolean | undefined;
  /** Once somebody has answered, it ends when nothing came for so long and no member was newly asked. Default: members are waited for as long as that takes. */
  readonly quietMs?: number | undefined;
  /** Told while it goes on: nodes that were asked and have answered or failed, and how many there are to ask as far as is known. */
  readonly onAsked?: ((asked: number, known: number) => void) | undefined;
}

/** Requests under way at the same time. */
const WIDTH = 64;
/** Of these, most to members that were begun within a second: each may need a handshake, and too many at once on a machine that has too much to do are all too late (law 10). */
const FRESH_WIDTH = 16;
const FRESH_MS = 1_000;
/** Nodes known by hearsay that are asked in vain; when these are used up, no more of them are asked. */
const MAX_IN_VAIN = 64;
/** Hearsay is asked when nobody better has answered for so long. */
const QUIET_MS = 500;
/** Nobody waits longer for hearsay, for those that are gone, and for whoever goes on answering without an end, after the last answer. */
const PATIENCE_MS = { hearsay: 2_000, gone: 300, left: 300, member: 10_000 };
/** Nor for all of them together: two liars prove as many nodes that nobody has as they like. */
const WHOLE_MS = { usual: 60_000, everybody: 600_000 };
const TICK_MS = 50;
/** Nodes that are listed as gone without having been asked: two liars prove as many of these, too. */
const MAX_AWAY = 2_048;
/** Addresses of one node that are tried at once. */
const MAX_ADDRESSES = 4;

export async function gather(
  seeds: readonly NodeAddress[],
  ask: (node: NodeAddress) => Promise<NodeStatus>,
  options: GatherOptions = {},
): Promise<Gathered> {
  const standing = new Standing(seeds, options.rendezvous ?? new Set(), options.readFarewell);
  // Elsewhere such an address would point at services of this very machine (attack B9).
  const allowLoopback = seeds.some(({ address }) => isLoopback(splitAddress(address).host));
  const round = new Round(standing, ask, { allowLoopback }, options);
  while (!options.signal?.aborted) {
    round.launch();
    options.onAsked?.(round.asked, round.toAsk);
    if (round.isOver()) break;
    await round.step(options.signal);
  }
  return round.result();
}

/** The nodes that answered. */
export function reachable(sightings: readonly Sighting[]): readonly NodeStatus[] {
  return sightings.flatMap(({ answer }) => ('status' in answer ? [answer.status] : []));
}

function isMember(belief: Belief): boolean {
  return belief === 'member' || belief === 'calls';
}

class Round {
  readonly #standing: Standing;
  readonly #ask: (node: NodeAddress) => Promise<NodeStatus>;
  readonly #addresses: AddressPolicy;
  readonly #patienceMs: typeof PATIENCE_MS;
  readonly #sightings = new Map<NodeId, Sighting>();
  readonly #tried = new Map<NodeId, Set<Address>>();
  /** Under way, by what was believed of them when they were asked. */
  readonly #asking = new Map<Promise<void>, { readonly node: NodeAddress; readonly belief: Belief; readonly since: number }>();
  readonly #sampling: Sampling | undefined;
  readonly #wholeMs: number;
  #isLarge = false;
  /** Members that were asked, without those that the operator named. */
  readonly #drawn = new Set<NodeId>();
  #inVain = 0;
  readonly #startedAt = performance.now();
  #lastAnswerAt = performance.now();
  readonly #quietMs: number;
  #lastAskedAt = performance.now();
  #isAnswered = false;

  constructor(
    standing: Standing,
    ask: (node: NodeAddress) => Promise<NodeStatus>,
    addresses: AddressPolicy,
    { patience = 1, sampling, everybody = false, quietMs = Number.POSITIVE_INFINITY }: GatherOptions,
  ) {
    const member = PATIENCE_MS.member * patience;
    this.#patienceMs = { ...PATIENCE_MS, member, ...(everybody && { gone: member, left: member }) };
    this.#wholeMs = everybody ? WHOLE_MS.everybody : WHOLE_MS.usual;
    this.#sampling = sampling;
    this.#quietMs = quietMs;
    this.#standing = standing;
    this.#ask = ask;
    this.#addresses = addresses;
  }

  /** Asks whoever may be asked now. */
  launch(): void {
    for (const node of this.#fresh('member')) this.#start(node, 'member');
    // One that has left may be back, and has called none of those that tell of it yet.
    for (const node of this.#fresh('left').slice(0, MAX_IN_VAIN)) this.#start(node, 'left');
    for (const node of this.#fresh('gone').slice(0, MAX_IN_VAIN)) this.#start(node, 'gone');
    if (this.#count('member') > 0 && performance.now() - this.#lastAnswerAt < QUIET_MS) return;
    const left = MAX_IN_VAIN - this.#inVain - this.#count('hearsay');
    for (const node of this.#fresh('hearsay').slice(0, Math.max(0, left))) this.#start(node, 'hearsay');
  }

  isOver(): boolean {
    const now = performance.now();
    const sinceMs = now - this.#lastAnswerAt;
    if (this.#isAnswered && now - Math.max(this.#lastAnswerAt, this.#lastAskedAt) >= this.#quietMs) return true;
    const waits = (belief: keyof typeof PATIENCE_MS): boolean => this.#count(belief) > 0 && sinceMs < this.#patienceMs[belief];
    return now - this.#startedAt >= this.#wholeMs || (!waits('member') && !waits('hearsay') && !waits('gone') && !waits('left'));
  }

  /** Until one of them is done, or for a moment. */
  async step(signal?: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tick = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, TICK_MS);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([tick, ...this.#asking.keys()]);
    clearTimeout(timer);
  }

  result(): Gathered {
    for (const { node } of this.#asking.values()) {
      if (!this.#sightings.has(node.id)) {
        const error = new GossipError('GOSSIP_E_TIMEOUT', `${node.name || node.address} did not answer in time`);
        this.#sightings.set(node.id, { node, answer: { error } });
      }
    }
    this.#addAway();
    const sightings = [...this.#sightings.values()].map((sighting) =>
      'status' in sighting.answer ? sighting : { ...sighting, ...this.#believed(sighting.node.id) },
    );
    const known = this.#standing.members();
    if (!this.#isSampled()) {
      const waiting = this.#standing.of('member', (id) => !this.#sightings.has(id), Number.POSITIVE_INFINITY);
      const unasked = this.#standing.unasked((id) => this.#sightings.has(id));
      return { sightings, unasked, ...(waiting.length > 0 && { waiting }) };
    }
    const isLeftOut = (id: NodeId): boolean => isMember(this.#standing.belief(id));
    const unasked = this.#standing.unasked((id) => this.#sightings.has(id) || isLeftOut(id));
    return { sightings, unasked, sample: { known, drawn: this.#drawn } };
  }

  get asked(): number {
    return this.#sightings.size;
  }

  /** As far as is known, and not fewer. */
  get toAsk(): number {
    const { size } = this.#standing;
    return this.#isSampled() ? Math.min(size, this.#sampling?.size ?? size) : size;
  }

  /** Members only become more. */
  #isSampled(): boolean {
    const { above } = this.#sampling ?? { above: Number.POSITIVE_INFINITY };
    this.#isLarge ||= this.#standing.size > above && this.#standing.members() > above;
    return this.#isLarge;
  }

  /** Many that are long gone are not all asked: it is known of them what they are. */
  #addAway(): void {
    for (const node of this.#standing.away((id) => this.#sightings.has(id)).slice(0, MAX_AWAY)) {
      const error = new GossipError('GOSSIP_E_TIMEOUT', `${node.name || node.address} was not asked: it is there no more`);
      this.#sightings.set(node.id, { node, answer: { error } });
    }
  }

  #believed(id: NodeId): Pick<Sighting, 'belief' | 'heard' | 'silentMs'> {
    const standing = this.#standing;
    return { belief: standing.belief(id), heard: standing.digest(id), silentMs: standing.silentMs(id) };
  }

  #count(belief: Belief): number {
    let count = 0;
    for (const asking of this.#asking.values()) count += Number(asking.belief === belief);
    return count;
  }

  /** Those of whom this is believed, and that were not asked at their addresses yet; as many as there is room for. */
  #fresh(belief: Belief): readonly NodeAddress[] {
    const now = performance.now();
    const begun = [...this.#asking.values()].filter((asking) => asking.belief === 'member' && now - asking.since < FRESH_MS);
    const room = Math.min(WIDTH - this.#asking.size, belief === 'member' ? FRESH_WIDTH - begun.length : WIDTH);
    if (room <= 0) return [];
    if (belief !== 'member' || this.#sampling === undefined) return this.#standing.of(belief, (id) => this.#isFresh(id), room);
    const { size, random = Math.random } = this.#sampling;
    const places = this.#isSampled() ? size - this.#drawn.size : room;
    // Whoever was drawn is tried at its other addresses, too.
    const isWanted = (id: NodeId): boolean => (places > 0 || this.#tried.has(id)) && this.#isFresh(id);
    return this.#standing.of(belief, isWanted, places > 0 ? Math.min(room, places) : room, random);
  }

  #isFresh(id: NodeId): boolean {
    const sighting = this.#sightings.get(id);
    if (sighting !== undefined && 'status' in sighting.answer) return false;
    const tried = this.#tried.get(id);
    return tried === undefined || (tried.size < MAX_ADDRESSES && this.#standing.addresses(id).some((address) => !tried.has(address)));
  }

  #start(node: NodeAddress, belief: Belief): void {
    const tried = this.#tried.get(node.id) ?? new Set();
    this.#tried.set(node.id, tried);
    if (isMember(belief) && !this.#standing.isSeed(node.id)) this.#drawn.add(node.id);
    for (const address of this.#standing.addresses(node.id)) {
      if (tried.size >= MAX_ADDRESSES) break;
      if (tried.has(address)) continue;
      tried.add(address);
      if (isMember(belief)) this.#lastAskedAt = performance.now();
      const asking: Promise<void> = this.#sight({ ...node, address }, belief).finally(() => this.#asking.delete(asking));
      this.#asking.set(asking, { node: { ...node, address }, belief, since: performance.now() });
    }
  }

  async #sight(node: NodeAddress, belief: Belief): Promise<void> {
    try {
      if (!this.#standing.isOwnWord(node)) checkPeerAddress(node.address, this.#addresses);
      // The certificate says who it is, whatever the answer says.
      const status = { ...(await this.#ask(node)), id: node.id };
      const answeredAt = performance.now();
      this.#lastAnswerAt = answeredAt;
      this.#isAnswered = true;
      this.#sightings.set(node.id, { node: { id: node.id, address: node.address, name: status.name }, answer: { status }, answeredAt });
      this.#standing.hear(status);
    } catch (thrown) {
      if (belief === 'hearsay') this.#inVain += 1;
      // It may have answered at another of its addresses.
      const before = this.#sightings.get(node.id);
      if (before === undefined) this.#sightings.set(node.id, { node, answer: { error: toGossipError(thrown) } });
    }
  }
}
