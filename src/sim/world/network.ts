/** The network between nodes: requests and their answers, late, lost, twice, out of order, slow, reset, or cut off. */
import type { Failure } from '../../gossip/protocol.ts';
import type { NodeId, Peer } from '../../model/names.ts';
import { Links } from './links.ts';
import type { Bandwidth } from './links.ts';
import { KeptConnections } from '../../sdk/virtual/kept-connections.ts';
import type { Random } from '../../sdk/virtual/random.ts';
import type { Scheduler } from '../../sdk/virtual/scheduler.ts';
import { Traffic } from './traffic.ts';

/** What the network does to what it carries; may be changed at any time. */
export interface Weather {
  /** Range of a one-way delay. What is sent later may arrive sooner. */
  delayMs: { readonly min: number; readonly max: number };
  /** How often an exchange fails, 0 to 1: half of the failures on the way there, half on the way back. */
  loss: number;
  /** How often a request arrives twice. */
  duplication: number;
  /** How often a connection is reset, 0 to 1, and the caller told at once: half of them when the other side took the request already. */
  resets: number;
  /** The link of every node that has none of its own; null: as fast as can be. */
  bandwidth: Bandwidth | null;
}

export const FAIR: Readonly<Weather> = { delayMs: { min: 1, max: 25 }, loss: 0, duplication: 0, resets: 0, bandwidth: null };

/** A node as the network sees it. */
export interface Endpoint<Request, Answer> {
  readonly peer: Peer;
  /** Nothing arrives at a node that is down. */
  readonly up: boolean;
  /** Its machine runs and its process does not: whoever calls is refused at once. */
  readonly refuses?: boolean;
  /** A connection to the peer ended, and neither side meant it. */
  lost?(id: NodeId): void;
  /** `sent`, given to `respond`: called when the answer left the node. `waits` tells the caller that the answer takes a while. */
  receive(from: Peer, request: Request, respond: (answer: Answer, sent?: () => void) => void, waits: () => void): void;
}

export type Outcome<Answer> = { readonly answer: Answer } | { readonly failure: Failure };

/** Whether something cannot pass: `there` is a request, `back` the answer to one. */
export type Blocked = (from: NodeId, to: NodeId, way: 'there' | 'back') => boolean;

/** Somebody between two nodes, who reads what passes and changes it; null: it gets no further. */
export interface Between<Request, Answer> {
  request(request: Request, from: NodeId, to: NodeId): Request | null;
  answer(answer: Answer, from: NodeId, to: NodeId, asked: Request): Answer | null;
}

/** How long a caller waits: for a sign of life, and for the whole answer. */
export interface Patience {
  readonly silentMs: number;
  /** After the other side said that its answer takes a while: so much longer. Default: no longer. */
  readonly waitMs?: number;
  readonly totalMs: number;
  /** After that an answer that comes is still worth something, for so long. Default: it is not. */
  readonly lateMs?: number;
}

interface Carried {
  readonly from: Peer;
  readonly to: Peer;
  readonly way: 'there' | 'back';
  readonly bytes: number;
  readonly left?: () => void;
  /** A part of it arrived. */
  readonly heard?: () => void;
  readonly arrive: () => void;
}

export class Network<Request, Answer> {
  readonly weather: Weather = { ...FAIR };
  readonly traffic = new Traffic();
  readonly links: Links;
  /** What a caller does first that keeps no connection; null: nothing, and it takes no time. */
  handshake: ((from: NodeId, to: NodeId, done: () => void) => void) | null = null;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #bytesOf: (message: Request | Answer) => number;
  readonly #endpoints = new Map<string, Endpoint<Request, Answer>>();
  /** What only lets calls out. */
  readonly #callersOnly = new Set<NodeId>();
  readonly #blocks = new Set<Blocked>();
  #between: Between<Request, Answer> | null = null;
  readonly #kept = new KeptConnections<NodeId>();
  #separated: Blocked = () => false;

  /** `bytesOf`: what a message takes on a link. */
  constructor(scheduler: Scheduler, random: Random, bytesOf: (message: Request | Answer) => number = () => 0) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#bytesOf = bytesOf;
    this.links = new Links(scheduler);
  }

  /** Whoever listened at the same address before does so no longer. */
  attach(endpoint: Endpoint<Request, Answer>): void {
    this.#endpoints.set(endpoint.peer.address, endpoint);
  }

  /** From now on nothing passes from one to the other where this holds, instead of what was separated before. */
  separate(separated: Blocked = () => false): void {
    this.#separated = separated;
  }

  /** Besides, nothing passes where this holds, until the returned function is called or all heals. */
  block(blocked: Blocked): () => void {
    this.#blocks.add(blocked);
    return () => void this.#blocks.delete(blocked);
  }

  /** From now on everything passes through these hands, until the returned function is called. */
  intercept(between: Between<Request, Answer>): () => void {
    this.#between = between;
    return () => void (this.#between = null);
  }

  /** Everything passes again. (A node behind a gateway stays there.) */
  heal(): void {
    this.separate();
    this.#blocks.clear();
  }

  /** From now on the node may only call out, as behind a gateway that translates addresses. */
  hide(node: NodeId): void {
    this.#callersOnly.add(node);
  }

  /** The node's process is gone, and with it the connections to it: those that kept one hear of it. */
  ended({ id }: Peer): void {
    const endpoints = [...this.#endpoints.values()];
    for (const caller of this.#kept.to(id, this.#scheduler.now)) {
      const endpoint = endpoints.find(({ peer, up }) => peer.id === caller && up);
      const arrive = (): void => endpoint?.lost?.(id);
      this.#carry({ from: { id } as Peer, to: { id: caller } as Peer, way: 'back', bytes: 0, arrive });
    }
  }

  /**
   * Carries a request there and its answer back. `done` is called once: a failure when patience ends before the answer. Where it says how long an answer is worth
   * something, that is given to `done` when it comes after all.
   */
  request(from: Peer, to: Peer, request: Request, patience: number | Patience, done: (outcome: Outcome<Answer>) => void): void {
    let open = true;
    let lateUntil = -1;
    const settle = (outcome: Outcome<Answer>, lateMs = -1): void => {
      const late = !open && 'answer' in outcome && this.#scheduler.now <= lateUntil;
      if (!open && !late) return;
      lateUntil = open ? this.#scheduler.now + lateMs : -1;
      open = false;
      done(outcome);
    };
    const heard = this.#watch(to, patience, () => open, settle);
    const { loss, duplication, resets } = this.weather;
    const lost = this.#random.chance(loss);
    const lostThere = lost && this.#random.chance(0.5);
    const reset = resets > 0 && this.#random.chance(resets);
    const resetThere = reset && this.#random.chance(0.5);
    const back = (given: Outcome<Answer>, sent?: () => void): void => {
      const outcome = this.#changed(given, from, to, request);
      if (outcome === null) return sent?.();
      const bytes = 'answer' in outcome ? this.#bytesOf(outcome.answer) : 0;
      const received = (): void => {
        this.traffic.received(from.id, bytes);
        if ('answer' in outcome && !reset) this.#kept.used(from.id, to.id, this.#scheduler.now);
        settle(reset ? { failure: RESET } : outcome);
      };
      this.traffic.sent(to.id, bytes);
      if (!lost) this.#carry({ from: to, to: from, way: 'back', bytes, heard, arrive: received, ...(sent && { left: sent }) });
      else sent?.();
      return undefined;
    };
    const bytes = this.#bytesOf(request);
    this.traffic.sent(from.id, bytes);
    const copies = lostThere ? 0 : this.#random.chance(duplication) ? 2 : 1;
    const waits = (): void => {
      const waitMs = typeof patience === 'number' ? undefined : patience.waitMs;
      if (!lost && waitMs !== undefined) this.#carry({ from: to, to: from, way: 'back', bytes: 0, arrive: () => heard(waitMs) });
    };
    const arrive = resetThere ? () => settle({ failure: RESET }) : () => this.#arrive(from, to, request, bytes, back, waits);
    const send = (): void => {
      for (let copy = 0; copy < copies; copy += 1) this.#carry({ from, to, way: 'there', bytes, arrive });
    };
    if (this.handshake === null || this.#kept.has(from.id, to.id, this.#scheduler.now)) return send();
    return this.handshake(from.id, to.id, () => open && send());
  }

  /** Ends the patience of a caller. Returns what to call whenever a part of the answer arrives. */
  #watch(
    to: Peer,
    patience: number | Patience,
    open: () => boolean,
    settle: (outcome: Outcome<Answer>, lateMs?: number) => void,
  ): (waitMs?: number) => void {
    const { silentMs, totalMs, lateMs }: Patience = typeof patience === 'number' ? { silentMs: patience, totalMs: patience } : patience;
    const begin = this.#scheduler.now;
    let heardAt = begin;
    const check = (): void => {
      if (!open()) return;
      const end = Math.min(heardAt + silentMs, begin + totalMs);
      if (end > this.#scheduler.now) return this.#scheduler.after(end - this.#scheduler.now, check);
      settle({ failure: { code: 'GOSSIP_E_TIMEOUT', message: `${to.name || to.address} did not answer in ${silentMs} ms` } }, lateMs);
    };
    this.#scheduler.after(Math.min(silentMs, totalMs), check);
    return (waitMs = 0) => void (heardAt = Math.max(heardAt, this.#scheduler.now + waitMs));
  }

  #arrive(
    from: Peer,
    to: Peer,
    request: Request,
    bytes: number,
    back: (outcome: Outcome<Answer>, sent?: () => void) => void,
    waits: () => void,
  ): void {
    const endpoint = this.#endpoints.get(to.address);
    if (endpoint === undefined) return;
    if (!endpoint.up) return endpoint.refuses === true ? back({ failure: REFUSED }) : undefined;
    if (endpoint.peer.id !== to.id) {
      back({ failure: { code: 'GOSSIP_E_IDENTITY', message: `another node listens at ${to.address}` } });
      return;
    }
    const passed = this.#between === null ? request : this.#between.request(request, from.id, to.id);
    if (passed === null) return;
    this.traffic.received(to.id, bytes);
    endpoint.receive(from, passed, (answer, sent) => back({ answer }, sent), waits);
  }

  /** Null: it does not come back. */
  #changed(outcome: Outcome<Answer>, from: Peer, to: Peer, asked: Request): Outcome<Answer> | null {
    if (this.#between === null || !('answer' in outcome)) return outcome;
    const answer = this.#between.answer(outcome.answer, to.id, from.id, asked);
    return answer === null ? null : { answer };
  }

  #carry({ from, to, way, bytes, left, heard, arrive }: Carried): void {
    const { delayMs: range, bandwidth } = this.weather;
    if (this.#isBlocked(from.id, to.id, way)) return left?.();
    const delayMs = this.#random.between(range.min, range.max);
    const arrived = (last: boolean): boolean => {
      if (this.#isBlocked(from.id, to.id, way)) return false;
      heard?.();
      if (last) arrive();
      return true;
    };
    if (!this.links.limited(from.id, to.id, bandwidth)) {
      left?.();
      return this.#scheduler.after(delayMs, () => arrived(true));
    }
    const sending = (): boolean => this.#endpoints.get(from.address)?.up ?? true;
    this.links.pass({ from: from.id, to: to.id, bytes, delayMs, sending, left: left ?? (() => {}), arrived }, bandwidth);
  }

  #isBlocked(from: NodeId, to: NodeId, way: 'there' | 'back'): boolean {
    if (this.#separated(from, to, way) || (way === 'there' && this.#callersOnly.has(to))) return true;
    for (const blocked of this.#blocks) if (blocked(from, to, way)) return true;
    return false;
  }
}

const REFUSED: Failure = { code: 'GOSSIP_E_NOT_LISTENING', message: 'nobody listens there' };
const RESET: Failure = { code: 'GOSSIP_E_UNREACHABLE', message: 'the connection was reset' };
