/** What a module author writes against: one class, and a context that is its whole outside world. */
import type { Body, Json, JsonObject, Shown } from './json.ts';
import type { LineLevel } from './log-level.ts';
import { contextOn } from './old-node.ts';
import type { UsedModule } from './uses.ts';

/** Another node, as modules see it. Plain data: it may travel inside a module's own messages. */
export interface Peer {
  /** Node id: 64 hex digits, the SHA-256 of the node's public key. The sender's id is stamped by the core, never by a module. */
  readonly id: string;
  /** `host:port` with a literal IP address. */
  readonly address: string;
  /** The node's own name, for people. */
  readonly name: string;
}

/** Peers that this node began to keep warm connections with, and that it ceased to. */
export interface PeersChange {
  readonly come: readonly Peer[];
  readonly gone: readonly Peer[];
}

/**
 * Why an instance ends. `update`: its successor has its state and speaks already. `shutdown`: the node stops, or the instance
 * has to end and will be started again. `removed`: the module is removed, or must not run here any more.
 */
export type StopReason = 'update' | 'shutdown' | 'removed';

/**
 * Who makes a request. `application`: a program on the node's machine. `module`: another module on the same node, by the name that it is deployed under; the core
 * says so, and no module can pretend to be another. More kinds may come, so whoever looks at it is ready for others.
 */
export type Caller = { readonly kind: 'application' } | { readonly kind: 'module'; readonly module: string };

/** Stops a timer of `every` or `after`; stopping twice is harmless. */
export interface Timer {
  stop(): void;
}

/** How long an exchange may take, and what its answer must be. */
export interface ExchangeOptions {
  /**
   * When it is given up, in milliseconds from the call on: 1 to 60,000. Default: when the core gives it up, some 5,000 after its turn came.
   * Without effect on nodes of version 0.1.
   */
  readonly timeoutMs?: number;
  /** What the answer must be, default `json`; another one rejects as `failed`. */
  readonly answer?: 'json' | 'bytes';
}

/** Everything a module may use of the world. The same in a real node, in the simulator and in the contract suite. */
export interface ModuleContext {
  readonly self: Peer;
  /** How often this node restarted; rises with every start of the core. Two instances in a row may have the same one: see `instanceId`. */
  readonly incarnation: number;
  /** 32 hex digits that no other instance has, on no node and at no time: what ids of operations are made of. Absent on nodes of version 0.1. */
  readonly instanceId: string;
  /** The name this module is deployed under. */
  readonly module: string;
  /** The deployment this instance runs, such as `d3`. */
  readonly deployment: string;
  /** The signed settings of the deployment. */
  readonly settings: JsonObject;
  /** The node's own gossip round in milliseconds, where the core tells it; see `roundMs`. */
  readonly intervalMs?: number;
  /** Milliseconds since 1970 by this node's clock, which may be wrong. */
  now(): number;
  /** Milliseconds since some moment before this instance began; goes on evenly when the clock is set. Absent on nodes of version 0.1. */
  monotonic?(): number;
  /** A number in [0, 1). */
  random(): number;
  /**
   * Runs `task` every `intervalMs`; a late round is skipped, not queued; a throw or rejection is logged and the timer goes on. On a node that has too much to do rounds
   * come rarer, eight times at most, so that nothing is lost but speed. What must not, such as a deadline, is for `after`.
   */
  every(intervalMs: number, task: () => unknown): Timer;
  /** Runs `task` once. */
  after(delayMs: number, task: () => unknown): Timer;
  /**
   * At most `count` distinct other nodes, at random: first those that this node keeps warm connections with, a few that change slowly;
   * of a larger count the rest are others that its core knows. Where membership runs on this node, those that it does not hold alive come last.
   */
  peers(count: number): Peer[];
  /** The peer of that id, as its core knows it now, among those that `peers` draws from; undefined for any other. Absent on nodes of version 0.1. */
  peer?(id: string): Peer | undefined;
  /**
   * Has `listener` told when peers come among those that `peers` draws first, or leave them: `come` and `gone`. Who is gone may be alive, and only be
   * spoken with no more; see `onLost`. Absent on nodes of version 0.1.
   */
  onPeers?(listener: (change: PeersChange) => unknown): void;
  /**
   * Sends `body` to the same module on `peer` and resolves with its answer. Rejects with `ExchangeError`; not before `start` is called. Nodes of version 0.1
   * carry no bytes: one that is asked answers `failed`, and of one that asks `this.context` refuses them.
   */
  exchange(peer: Peer, body: Body, options: ExchangeOptions & { readonly answer: 'bytes' }): Promise<Uint8Array>;
  exchange(peer: Peer, body: Body, options?: ExchangeOptions & { readonly answer?: 'json' }): Promise<Json>;
  /**
   * Sends `body` to the same module on `peer`, and nobody hears what comes of it: `receive` there has it once, or never; its answer is thrown away. False where
   * it was dropped here: 64 are on their way, or the instance does not serve. Throws an `ExchangeError` with the reason `refused` for what no node could
   * send: no peer, no JSON and no bytes, or too large.
   */
  send(peer: Peer, body: Body): boolean;
  /**
   * Has `listener` told when a connection that the core kept to a peer ended, and neither side meant it: perhaps the peer's process is gone. A hint,
   * which may be missed or be wrong: ask the peer. Absent on nodes of version 0.1.
   */
  onLost?(listener: (peer: Peer) => unknown): void;
  /**
   * Another module on this node, which `uses` of module.json names: to be asked and watched. Throws `UseError` for any other. Whether it is deployed and runs is told
   * by what is asked of it. Absent on nodes of version 0.1.
   */
  use?(name: string): UsedModule;
  /**
   * Tells the applications on this node's machine, and the modules on this node, that watch this module. `topic`: what it is about, such as a key, at most 256 characters; they may ask for the
   * events of some topics alone. Of an instance that has not started yet, or has handed its state over, nothing is told. Throws where `event` is no JSON or too large.
   * Absent on nodes of version 0.1.
   */
  publish?(event: Json, topic?: string): void;
  /** A line of the module's log, which operators read with `gossip logs`. Nodes of version 0.1 know no level: there every line is 'info'. */
  log(message: string, fields?: JsonObject, level?: LineLevel): void;
}

export { ExchangeError } from './exchange-error.ts';

/**
 * Thrown in `request`, it refuses what was asked: the caller hears `message`, and `reason`, a word that programs can act upon, such as `conflict`. Any other
 * error counts as a fault of the module.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * A gossip application. The core calls, in order: constructor, `acceptState` (unless there is no state), `start`,
 * then `receive`, `transferState` and `inspect` in any order and number, and `stop`.
 */
export abstract class GossipModule {
  protected readonly context: ModuleContext;
  constructor(context: ModuleContext) {
    this.context = contextOn(context, this);
  }
  /** Begins to gossip. A throw means that this code cannot run: the deployment is held. */
  start(): void | Promise<void> {}
  /** Answers a message of the same module on another node. `from` is stamped by the core. Bytes come as a `Uint8Array` of their own. */
  abstract receive(body: Body, from: Peer): Body | Promise<Body>;
  /**
   * Answers a program on the node's machine, or another module on the node, with JSON or with bytes; a request of bytes comes as `Uint8Array`. Optional: without it nobody can ask. Before an
   * update takes the state, what was asked is answered first, and what is asked from then on goes to the successor. A `Refusal`, or a `BadInput`, tells the caller
   * what is wrong with the request.
   */
  request?(body: Body, caller: Caller): Body | Promise<Body>;
  /** A snapshot of the state for the next instance. Called for checkpoints too, so it changes nothing. */
  abstract transferState(): string | Uint8Array;
  /** Takes over a snapshot, perhaps of older or newer code, in the form in which it was given. A throw means: cannot; the old instance goes on. */
  abstract acceptState(state: string | Uint8Array): void | Promise<void>;
  /** What an operator should see of the state. Bytes in it are shown as how many they are, and how they begin. */
  inspect(): Shown {
    return null;
  }
  /**
   * Last call before the instance ends; its timers have ended. It may still exchange, except at an `update`: the instance ends when what this returns
   * has settled, at the latest after one second. It may also end without this call.
   */
  stop(_reason: StopReason): void | Promise<void> {}
}

/** The class that the entry of a module exports by default. */
export type ModuleClass = new (context: ModuleContext) => GossipModule;
