/** The whole outside world of a simulated instance: virtual clock, chance from the seed, and its core. */
import type { ModuleReply } from '../../gossip/protocol.ts';
import { exchangeReason } from '../../model/exchange-reason.ts';
import type { Peer as CheckedPeer } from '../../model/names.ts';
import { ExchangeError } from '../../sdk/index.ts';
import { CallSite, checkOpen, checkPeer, checkTimer, messageText, NOT_SERVING } from '../../sdk/border.ts';
import type { Json, JsonObject, ModuleContext, Peer, Timer } from '../../sdk/index.ts';
import { markBody, readBody } from './provenance.ts';
import type { Provenance } from './provenance.ts';
import type { Random } from '../../sdk/virtual/random.ts';

export interface Surroundings extends Pick<ModuleContext, 'self' | 'incarnation' | 'instanceId' | 'module' | 'deployment' | 'settings'> {
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
  readonly site: CallSite;
  readonly resolve: (answer: Json) => void;
  readonly reject: (error: ExchangeError) => void;
}

export class HostContext implements ModuleContext {
  readonly self: Peer;
  readonly incarnation: number;
  readonly instanceId: string;
  readonly module: string;
  readonly deployment: string;
  readonly settings: JsonObject;
  readonly intervalMs: number;
  readonly #around: Surroundings;
  readonly #waiting = new Map<number, Waiting>();
  #lastToken = 0;
  #serves = false;
  #ended = false;
  /** Counts the times that all timers were ended. */
  #timers = 0;

  constructor(around: Surroundings) {
    const { self, incarnation, instanceId, module, deployment, settings, intervalMs } = around;
    this.self = self;
    this.incarnation = incarnation;
    this.instanceId = instanceId;
    this.module = module;
    this.deployment = deployment;
    this.settings = settings;
    this.intervalMs = intervalMs;
    this.#around = around;
  }

  readonly now = (): number => this.#around.wallMs();

  readonly random = (): number => this.#around.random.next();

  readonly every = (intervalMs: number, task: () => unknown): Timer => {
    checkTimer('every', intervalMs, task);
    return this.#timer((again) => {
      const round = (): void => {
        again(intervalMs, round);
        this.#run(task);
      };
      again(intervalMs, round);
    });
  };

  readonly after = (delayMs: number, task: () => unknown): Timer => {
    checkTimer('after', delayMs, task);
    return this.#timer((again) => again(delayMs, () => this.#run(task)));
  };

  readonly peers = (count: number): Peer[] => this.#around.random.sample(this.#around.peers(), count);

  readonly exchange = async (peer: Peer, body: Json): Promise<Json> => {
    if (!this.#serves) throw new ExchangeError('refused', NOT_SERVING);
    const to = checkPeer(peer) as CheckedPeer;
    const message = messageText(body);
    checkOpen(this.#waiting.size);
    const site = new CallSite();
    this.#lastToken += 1;
    const token = this.#lastToken;
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { site, resolve, reject });
      this.#around.exchange(token, to, markBody(message, this.#around.provenance));
    });
  };

  readonly log = (): void => {
    // What a module logs is for people; it changes nothing in a simulation.
  };

  /** The host's side: whether the instance may gossip. */
  serve(serves: boolean): void {
    this.#serves = serves;
  }

  /** The host's side: the outcome of an exchange. */
  answered(token: number, reply: ModuleReply): void {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    if ('failure' in reply) waiting?.reject(waiting.site.failure(exchangeReason(reply.failure.code), reply.failure.message));
    else waiting?.resolve(JSON.parse(readBody(reply.body).content) as Json);
  }

  /** The host's side: the instance is gone. */
  end(): void {
    this.#ended = true;
    this.#serves = false;
    this.#waiting.clear();
  }

  /** The host's side: the instance is told to stop. */
  endTimers(): void {
    this.#timers += 1;
  }

  /** A timer that ends with the instance, or when it is told to stop. */
  #timer(begin: (again: (delayMs: number, run: () => void) => void) => void): Timer {
    let running = true;
    const begun = this.#timers;
    begin((delayMs, run) => {
      this.#around.after(delayMs, () => {
        if (running && !this.#ended && begun === this.#timers) run();
      });
    });
    return { stop: () => void (running = false) };
  }

  /** A task that throws or rejects changes nothing for the others, as in a real host. */
  #run(task: () => unknown): void {
    this.#around.promising();
    const running = async (): Promise<unknown> => task();
    running().catch(() => null);
  }
}
