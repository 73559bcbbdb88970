/**
 * What the engine needs of the world it runs in, real or simulated: a clock, peers, a disk, code and hosts of modules.
 *
 * Everything that takes time ends with a call of `done`, at most once. A real world does so from its promises, a simulated one from
 * its virtual clock; the engine itself never waits in any other way, so that the same seed always gives the same run.
 */
import type { GossipAnswer, GossipRequest } from '../gossip/messages.ts';
import type { Checkpoint, EffectOf, Failure, Generation, GossipEvent, Hint, ModuleReply, Note } from '../gossip/protocol.ts';
import type { Envelope, VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName, NodeId, Peer } from '../model/names.ts';
import type { StateBytes } from '../model/state-bytes.ts';
import type { PublishedEvent } from '../sdk/content.ts';
import type { Content } from '../model/content.ts';
import type { StopReason } from '../sdk/module.ts';

export type Outcome<T> = { readonly value: T } | { readonly failure: Failure };
export type Done<T> = (outcome: Outcome<T>) => void;
/** Of a write: null when it is durable, or why it was refused. */
export type Written = (refusal: Failure | null) => void;

export interface Clock {
  /** Milliseconds of a clock that only runs forward (law 7). */
  now(): number;
  after(delayMs: number, run: () => void): void;
}

/**
 * After the last start of a host it is quiet for so long before a process is begun that waits for the next one; at random, for all nodes update at the
 * same time.
 */
export const SPARE_QUIET_MS = { min: 10_000, max: 75_000 } as const;

/** What a system counts of a thread, since some moment. */
export interface ProcessorTime {
  /** It had a processor. */
  readonly ranMs: number;
  /** It was ready to run, and had none. */
  readonly waitedMs: number;
}

/** So often a core tells the protocol of both (event `processor`), where its system counts. */
export const PROCESSOR_LOOK_MS = 1_000;

/** Longest that a peer may take to answer. */
export const EXCHANGE_MS = 5_000;

/**
 * Carries the protocol's messages to peers, whose runners are asked there; never to anybody but the peer that is named.
 *
 * `done` is called exactly once, within `EXCHANGE_MS` and never before the call returns: with the peer's answer, or with a failure. What the
 * peer refuses (its runner, its limits, its check of a signature) fails with the peer's own code. `GOSSIP_E_NOT_LISTENING`:
 * its machine says that nobody listens there; `GOSSIP_E_UNREACHABLE` or `GOSSIP_E_TIMEOUT`: nobody answers; `GOSSIP_E_IDENTITY`: another node does. What comes back and is no message, or too large, fails too.
 */
export interface Peers {
  send(to: Peer, message: GossipRequest, done: Done<GossipAnswer>): void;
  /** The node was revoked: ends every connection with it at once, and begins and takes none from now on, as long as the protocol says so. */
  part(id: NodeId): void;
}

/** Writes to one thing happen in the order in which they were asked for. */
export interface Disk {
  /** All as one; `steps`: of the root, after the version that the node began with; `notes`: about nodes. */
  saveConfiguration(records: readonly VerifiedDeployment[], done: Written, steps?: readonly Envelope[], notes?: readonly Envelope[]): void;
  saveHints(hints: readonly Hint[], done: Written): void;
  /** `ageMs`: how long ago the state was taken. */
  saveCheckpoint(module: ModuleName, checkpoint: Checkpoint, ageMs: number, done: Written): void;
  dropCheckpoint(module: ModuleName, done: Written): void;
  /** null when there is none that can be read. */
  loadCheckpoint(module: ModuleName, done: (checkpoint: Checkpoint | null, ageMs: number) => void): void;
}

/** Code of modules: fetched from a peer onto the disk, whole and durable when `done` says so. */
export interface Codes {
  /** `wrong`: whoever sent other bytes than were signed, whatever came of it. */
  obtain(wanted: EffectOf<'fetch-code'>, done: CodeDone): void;
  /** Throws away what nothing needs any more. */
  sweep(): void;
}

/** Why code did not come. `referrals`: peers that a busy source named. */
export type CodeDone = (failed: CodeFailed | null, wrong?: readonly NodeId[]) => void;
export type CodeFailed = Pick<Extract<GossipEvent, { type: 'code-failed' }>, 'failure' | 'referrals'>;

export type StartOrder = Pick<EffectOf<'start-instance'>, 'module' | 'generation' | 'record'>;

export interface Hosts {
  /** Begins to load the code of the order. */
  start(order: StartOrder, events: HostEvents): Host;
}

/** What an instance does by itself. Nothing is told before `start` has returned, nor once `stop` or `end` is done. */
export interface HostEvents {
  /** Constructed, and its code is what was signed. Once, unless it failed or was to end before. */
  readonly loaded: () => void;
  /**
   * It could not be started, or ended by itself; it is gone. Once, and the last that is told of it: but whatever was asked of it and is not
   * answered fails next, for the same reason. An end that `accept` or `activate` tells, or that was asked for, is not told here.
   */
  readonly failed: (failure: Failure) => void;
  /**
   * The instance asks for an exchange, and hears what `done` is given first, while it is there. What it asked before its end comes before
   * that is told.
   */
  readonly exchange: (to: Peer, body: Uint8Array, done: (reply: ModuleReply) => void) => void;
  /** The instance, which was activated, tells those that watch its module; in the order of what else it says. */
  readonly publish: (event: PublishedEvent) => void;
  /** The instance asks another module of the node, and hears what `done` is given first, while it is there. `waitMs`: how long it waits. */
  readonly use: (module: ModuleName, content: Content, waitMs: number, done: Done<Content>) => void;
}

/**
 * One instance of a module.
 *
 * Whatever is asked of it is answered exactly once, in its time and never before the call returns. It fails with `GOSSIP_E_MODULE_ABSENT`
 * while the instance is not loaded yet and once it was told to stop or to end, with the reason of the end where it ended by itself.
 */
export interface Host {
  /** Within `STEP_MS`. Where this or `activate` fails, the instance is gone. */
  accept(state: StateBytes, done: Done<void>): void;
  activate(done: Done<void>): void;
  /** A snapshot, within `ASK_MS`; the instance goes on, whatever comes of it, unless it hangs. */
  takeState(done: Done<StateBytes>): void;
  /** Within `ANSWER_MS`. Messages reach the module in the order in which they were delivered. */
  deliver(from: Peer, body: Uint8Array, done: Done<Uint8Array>): void;
  /** A request of an application, or of the module `by`, within `REQUEST_MS`; reaches the module in the order of what else is asked. What the module refuses fails with `GOSSIP_E_MODULE_REFUSED` and its reason. */
  request(content: Content, done: Done<Content>, by: ModuleName | null): void;
  /** A connection to the peer ended, and neither side meant it: a hint, which an instance that does not run, or is behind, misses. */
  lost(peer: Peer): void;
  /**
   * An orderly end within about `STOP_MS`, even while it is still starting. Until `done` it may say goodbye and hear answers, and what was
   * asked of it before may still be answered; all the rest of that has failed by then.
   */
  stop(reason: StopReason, done: () => void): void;
  /** Ends it at once; `done` when nothing of it is left. */
  end(done: () => void): void;
}

/** Applications on this machine that watch modules. */
export interface Audience {
  readonly publish: (module: ModuleName, event: PublishedEvent) => void;
}

/** What a node says of itself beside what its protocol decides. */
export interface Remarks {
  readonly note: (note: Note) => void;
  /** The disk refuses what is named, for this reason, or takes it again (null). Said for each try. */
  readonly disk: (what: string, refusal: Failure | null) => void;
  /** Its last state before the end could not be taken or kept: the one before stays. */
  readonly lastCheckpointFailed: (module: ModuleName, failure: Failure) => void;
}

export interface Instance {
  readonly module: ModuleName;
  readonly generation: Generation;
}

export interface RunnerPorts {
  readonly clock: Clock;
  readonly peers: Peers;
  readonly disk: Disk;
  readonly codes: Codes;
  readonly hosts: Hosts;
  readonly remarks: Remarks;
  readonly audience: Audience;
}
