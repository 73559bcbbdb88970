/** The module's whole outside world in a real node. Its functions are bound: an author may take them apart. */
import { randomBytes } from 'node:crypto';
import { logText, NOT_SERVING } from '../sdk/border.ts';
import type { Json, JsonObject, ModuleContext, Peer, Timer } from '../sdk/index.ts';
import { ExchangeError } from '../sdk/index.ts';
import type { Exchanges } from './exchanges.ts';
import { print } from './print.ts';
import type { ModuleTimers } from './timers.ts';

export interface Placement {
  readonly self: Peer;
  readonly incarnation: number;
  readonly intervalMs: number;
  readonly module: string;
  readonly deployment: string;
  readonly settings: JsonObject;
}

export class HostContext implements ModuleContext {
  readonly self: Peer;
  readonly incarnation: number;
  readonly instanceId = randomBytes(16).toString('hex');
  readonly intervalMs: number;
  readonly module: string;
  readonly deployment: string;
  readonly settings: JsonObject;
  readonly #timers: ModuleTimers;
  readonly #exchanges: Exchanges;
  #peers: readonly Peer[] = [];
  #active = false;

  constructor(placement: Placement, timers: ModuleTimers, exchanges: Exchanges) {
    this.self = Object.freeze({ ...placement.self });
    this.incarnation = placement.incarnation;
    this.intervalMs = placement.intervalMs;
    this.module = placement.module;
    this.deployment = placement.deployment;
    this.settings = placement.settings;
    this.#timers = timers;
    this.#exchanges = exchanges;
  }

  readonly now = (): number => Date.now();

  readonly random = (): number => Math.random();

  readonly every = (intervalMs: number, task: () => unknown): Timer => this.#timers.every(intervalMs, task);

  readonly after = (delayMs: number, task: () => unknown): Timer => this.#timers.after(delayMs, task);

  readonly peers = (count: number): Peer[] => {
    const pool = [...this.#peers];
    const drawn: Peer[] = [];
    while (drawn.length < count && pool.length > 0) {
      const at = Math.floor(Math.random() * pool.length);
      drawn.push(pool[at] as Peer);
      pool[at] = pool[pool.length - 1] as Peer;
      pool.pop();
    }
    return drawn;
  };

  readonly exchange = async (peer: Peer, body: Json): Promise<Json> => {
    if (!this.#active) throw new ExchangeError('refused', NOT_SERVING);
    return this.#exchanges.ask(peer, body);
  };

  readonly log = (message: string, fields?: JsonObject): void => print(logText(message, fields));

  /** The host's side: the peers that the core knows now. */
  knowPeers(peers: readonly Peer[]): void {
    this.#peers = peers.filter((peer) => peer.id !== this.self.id).map((peer) => Object.freeze({ ...peer }));
  }

  /** The host's side: whether the instance may gossip. */
  serve(active: boolean): void {
    this.#active = active;
  }
}
