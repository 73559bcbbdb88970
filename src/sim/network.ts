/** The network between nodes: requests and their answers, late, lost, twice, out of order, or cut off by a partition. */
import type { Failure } from '../gossip/protocol.ts';
import type { NodeId, Peer } from '../model/names.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What the network does to what it carries; may be changed at any time. */
export interface Weather {
  /** Range of a one-way delay. What is sent later may arrive sooner. */
  delayMs: { readonly min: number; readonly max: number };
  /** How often an exchange fails, 0 to 1: half of the failures on the way there, half on the way back. */
  loss: number;
  /** How often a request arrives twice. */
  duplication: number;
}

export const FAIR: Readonly<Weather> = { delayMs: { min: 1, max: 25 }, loss: 0, duplication: 0 };

/** A node as the network sees it. */
export interface Endpoint<Request, Answer> {
  readonly peer: Peer;
  /** Nothing arrives at a node that is down. */
  readonly up: boolean;
  receive(from: Peer, request: Request, respond: (answer: Answer) => void): void;
}

export type Outcome<Answer> = { readonly answer: Answer } | { readonly failure: Failure };

export class Network<Request, Answer> {
  readonly weather: Weather = { ...FAIR };
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #endpoints = new Map<string, Endpoint<Request, Answer>>();
  #separated: (from: NodeId, to: NodeId) => boolean = () => false;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** Whoever listened at the same address before does so no longer. */
  attach(endpoint: Endpoint<Request, Answer>): void {
    this.#endpoints.set(endpoint.peer.address, endpoint);
  }

  /** From now on nothing passes from one to the other where this holds. Without an argument everything heals. */
  separate(separated: (from: NodeId, to: NodeId) => boolean = () => false): void {
    this.#separated = separated;
  }

  /** Carries a request there and its answer back. `done` is called once; after `timeoutMs` without an answer it is a failure. */
  request(from: Peer, to: Peer, request: Request, timeoutMs: number, done: (outcome: Outcome<Answer>) => void): void {
    let open = true;
    const settle = (outcome: Outcome<Answer>): void => {
      if (!open) return;
      open = false;
      done(outcome);
    };
    const late: Failure = { code: 'GOSSIP_E_TIMEOUT', message: `${to.name || to.address} did not answer in ${timeoutMs} ms` };
    this.#scheduler.after(timeoutMs, () => settle({ failure: late }));
    const lost = this.#random.chance(this.weather.loss);
    const lostThere = lost && this.#random.chance(0.5);
    const back = (outcome: Outcome<Answer>): void => {
      if (!lost) this.#carry(to.id, from.id, () => settle(outcome));
    };
    const copies = lostThere ? 0 : this.#random.chance(this.weather.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) this.#carry(from.id, to.id, () => this.#arrive(from, to, request, back));
  }

  #arrive(from: Peer, to: Peer, request: Request, back: (outcome: Outcome<Answer>) => void): void {
    const endpoint = this.#endpoints.get(to.address);
    if (endpoint === undefined || !endpoint.up) return;
    if (endpoint.peer.id !== to.id) {
      back({ failure: { code: 'GOSSIP_E_IDENTITY', message: `another node listens at ${to.address}` } });
      return;
    }
    endpoint.receive(from, request, (answer) => back({ answer }));
  }

  #carry(from: NodeId, to: NodeId, arrive: () => void): void {
    const { min, max } = this.weather.delayMs;
    if (this.#separated(from, to)) return;
    this.#scheduler.after(this.#random.between(min, max), () => {
      if (!this.#separated(from, to)) arrive();
    });
  }
}
