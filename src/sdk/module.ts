/** What a module author writes against: one class, and a context that is its whole outside world. */
import type { Json, JsonObject } from './json.ts';
import type { LineLevel } from './log-level.ts';

/** Another node, as modules see it. Plain data: it may travel inside a module's own messages. */
export interface Peer {
  /** Node id: 64 hex digits, the SHA-256 of the node's public key. The sender's id is stamped by the core, never by a module. */
  readonly id: string;
  /** `host:port` with a literal IP address. */
  readonly address: string;
  /** The node's own name, for people. */
  readonly name: string;
}

/**
 * Why an instance ends. `update`: its successor has its state and speaks already. `shutdown`: the node stops, or the instance
 * has to end and will be started again. `removed`: the module is removed, or must not run here any more.
 */
export type StopReason = 'update' | 'shutdown' | 'removed';

/** Who makes a request. `application`: a program on the node's machine; more kinds may come, so whoever looks at it is ready for others. */
export interface Caller {
  readonly kind: 'application';
}

/** Stops a timer of `every` or `after`; stopping twice is harmless. */
export interface Timer {
  stop(): void;
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
  /** Runs `task` every `intervalMs`; a late round is skipped, not queued; a throw or rejection is logged and the timer goes on. */
  every(intervalMs: number, task: () => unknown): Timer;
  /** Runs `task` once. */
  after(delayMs: number, task: () => unknown): Timer;
  /**
   * At most `count` distinct other nodes, at random: first those that this node keeps warm connections with, a few that change slowly;
   * of a larger count the rest are others that its core knows.
   */
  peers(count: number): Peer[];
  /** Sends `body` to the same module on `peer` and resolves with its answer. Rejects with `ExchangeError`; not before `start` is called. */
  exchange(peer: Peer, body: Json): Promise<Json>;
  /**
   * Has `listener` told when a connection that the core kept to a peer ended, and neither side meant it: perhaps the peer's process is gone. A hint,
   * which may be missed or be wrong: ask the peer. Absent on nodes of version 0.1.
   */
  onLost?(listener: (peer: Peer) => unknown): void;
  /**
   * Tells the applications on this node's machine that watch this module. `topic`: what it is about, such as a key, at most 256 characters; they may ask for the
   * events of some topics alone. Of an instance that has not started yet, or has handed its state over, nothing is told. Throws where `event` is no JSON or too large.
   * Absent on nodes of version 0.1.
   */
  publish?(event: Json, topic?: string): void;
  /** A line of the module's log, which operators read with `gossip logs`. Nodes of version 0.1 know no level: there every line is 'info'. */
  log(message: string, fields?: JsonObject, level?: LineLevel): void;
}

/** Why an exchange had no answer. `mismatch`: the peer runs another deployment; the core takes care of it. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly reason: 'mismatch' | 'absent' | 'unreachable' | 'timeout' | 'refused' | 'failed';
  /**
   * Of an `unreachable` peer: its machine says that nobody listens where the peer answered before, so its process is gone. False also where the core
   * cannot tell, and undefined on nodes of version 0.1.
   */
  readonly gone: boolean;
  constructor(reason: ExchangeError['reason'], message: string, gone = false) {
    super(message);
    this.reason = reason;
    this.gone = gone;
  }
  /** A module carries its own copy of this class; errors of the core's copy are its instances all the same. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'ExchangeError';
  }
}

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
    this.context = context;
  }
  /** Begins to gossip. A throw means that this code cannot run: the deployment is held. */
  start(): void | Promise<void> {}
  /** Answers a message of the same module on another node. `from` is stamped by the core. */
  abstract receive(body: Json, from: Peer): Json | Promise<Json>;
  /**
   * Answers a program on the node's machine, with JSON or with bytes; a request of bytes comes as `Uint8Array`. Optional: without it nobody can ask. Before an
   * update takes the state, what was asked is answered first, and what is asked from then on goes to the successor. A `Refusal`, or a `BadInput`, tells the caller
   * what is wrong with the request.
   */
  request?(body: Json | Uint8Array, caller: Caller): Json | Uint8Array | Promise<Json | Uint8Array>;
  /** A snapshot of the state for the next instance. Called for checkpoints too, so it changes nothing. */
  abstract transferState(): string;
  /** Takes over a snapshot, perhaps of older or newer code. A throw means: cannot; the old instance goes on. */
  abstract acceptState(state: string): void | Promise<void>;
  /** What an operator should see of the state. */
  inspect(): Json {
    return null;
  }
  /**
   * Last call before the instance ends; its timers have ended. It may still exchange, except at an `update`: the instance ends when what this returns
   * has settled, at the latest after one second. It may also end without this call.
   */
  stop(_reason: StopReason): void | Promise<void> {}
}

export type ModuleClass = new (context: ModuleContext) => GossipModule;
