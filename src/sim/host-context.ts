/** The whole outside world of a simulated instance: virtual clock, chance from the seed, and its core. */
import type { ModuleReply } from '../gossip/protocol.ts';
import { exchangeReason } from '../model/exchange-reason.ts';
import { isAddress, isNodeId } from '../model/names.ts';
import type { Peer as CheckedPeer } from '../model/names.ts';
import { ExchangeError } from '../sdk/index.ts';
import { MAX_OPEN_EXCHANGES } from '../sdk/limits.ts';
import type { Json, JsonObject, ModuleContext, Peer, Timer } from '../sdk/index.ts';
import { markBody, readBody } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import type { Random } from './random.ts';

export interface Surroundings {
  readonly self: Peer;
  readonly incarnation: number;
  readonly module: string;
  /** Such as `d3`. */
  readonly deployment: string;
  readonly settings: JsonObject;
  readonly intervalMs: number;
  readonly provenance: Provenance;
  readonly random: Random;
  /** The node's own wall clock, which may be wrong. */
  readonly wallMs: () => number;
  /** Runs later, on this node, unless it is down by then. */
  readonly after: (delayMs: number, run: () => void) => void;
  /** Says that code of the module runs now. */
  readonly promising: () => void;
  readonly peers: () => readonly Peer[];
  /** Asks the core for an exchange; the token comes back with the reply. */
  readonly exchange: (token: number, to: CheckedPeer, body: Uint8Array) => void;
}

interface Waiting {
  readonly resolve: (answer: Json) => void;
  readonly reject: (error: ExchangeError) => void;
}

export class HostContext implements ModuleContext {
  readonly self: Peer;
  readonly incarnation: number;
  readonly module: string;
  readonly deployment: string;
  readonly settings: JsonObject;
  readonly intervalMs: number;
  readonly #around: Surroundings;
  readonly #waiting = new Map<number, Waiting>();
  #lastToken = 0;
  #serves = false;
  #ended = false;

  constructor(around: Surroundings) {
    const { self, incarnation, module, deployment, settings, intervalMs } = around;
    this.self = self;
    this.incarnation = incarnation;
    this.module = module;
    this.deployment = deployment;
    this.settings = settings;
    this.intervalMs = intervalMs;
    this.#around = around;
  }

  now(): number {
    return this.#around.wallMs();
  }

  random(): number {
    return this.#around.random.next();
  }

  every(intervalMs: number, task: () => unknown): Timer {
    let running = true;
    const round = (): void => {
      if (!running) return;
      this.#later(intervalMs, round);
      this.#run(task);
    };
    this.#later(intervalMs, round);
    return { stop: () => void (running = false) };
  }

  after(delayMs: number, task: () => unknown): Timer {
    let running = true;
    this.#later(delayMs, () => running && this.#run(task));
    return { stop: () => void (running = false) };
  }

  peers(count: number): Peer[] {
    return this.#around.random.sample(this.#around.peers(), count);
  }

  exchange(peer: Peer, body: Json): Promise<Json> {
    if (!this.#serves) return Promise.reject(new ExchangeError('refused', 'this instance does not serve'));
    if (this.#waiting.size >= MAX_OPEN_EXCHANGES) {
      return Promise.reject(new ExchangeError('refused', `${MAX_OPEN_EXCHANGES} exchanges are open`));
    }
    const to = checkPeer(peer);
    if (to === undefined) return Promise.reject(new ExchangeError('refused', 'not a peer'));
    this.#lastToken += 1;
    const token = this.#lastToken;
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { resolve, reject });
      this.#around.exchange(token, to, markBody(JSON.stringify(body), this.#around.provenance));
    });
  }

  log(): void {
    // What a module logs is for people; it changes nothing in a simulation.
  }

  /** The host's side: whether the instance may gossip. */
  serve(serves: boolean): void {
    this.#serves = serves;
  }

  /** The host's side: the outcome of an exchange. */
  answered(token: number, reply: ModuleReply): void {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    if ('failure' in reply) waiting?.reject(new ExchangeError(exchangeReason(reply.failure.code), reply.failure.message));
    else waiting?.resolve(JSON.parse(readBody(reply.body).content) as Json);
  }

  /** The host's side: the instance is gone. */
  end(): void {
    this.#ended = true;
    this.#serves = false;
    this.#waiting.clear();
  }

  #later(delayMs: number, run: () => void): void {
    this.#around.after(delayMs, () => {
      if (!this.#ended) run();
    });
  }

  /** A task that throws or rejects changes nothing for the others, as in a real host. */
  #run(task: () => unknown): void {
    this.#around.promising();
    const running = async (): Promise<unknown> => task();
    running().catch(() => null);
  }
}

function checkPeer({ id, address, name }: Peer): CheckedPeer | undefined {
  return isNodeId(id) && isAddress(address) ? { id, address, name } : undefined;
}
