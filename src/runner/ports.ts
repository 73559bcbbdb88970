/**
 * What the engine needs of the world it runs in, real or simulated: a clock, peers, a disk, code and hosts of modules.
 *
 * Everything that takes time ends with a call of `done`, at most once. A real world does so from its promises, a simulated one from
 * its virtual clock; the engine itself never waits in any other way, so that the same seed always gives the same run.
 */
import type { GossipAnswer, GossipRequest } from '../gossip/messages.ts';
import type { Checkpoint, EffectOf, Failure, Generation, GossipEvent, Hint, ModuleReply, Note } from '../gossip/protocol.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName, Peer } from '../model/names.ts';
import type { StateBytes } from '../model/state-bytes.ts';
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

export interface Peers {
  send(to: Peer, message: GossipRequest, done: Done<GossipAnswer>): void;
}

/** Writes to one thing happen in the order in which they were asked for. */
export interface Disk {
  saveConfiguration(records: readonly VerifiedDeployment[], done: Written): void;
  saveHints(hints: readonly Hint[], done: Written): void;
  /** `ageMs`: how long ago the state was taken. */
  saveCheckpoint(module: ModuleName, checkpoint: Checkpoint, ageMs: number, done: Written): void;
  dropCheckpoint(module: ModuleName, done: Written): void;
  /** null when there is none that can be read. */
  loadCheckpoint(module: ModuleName, done: (checkpoint: Checkpoint | null, ageMs: number) => void): void;
}

/** Code of modules: fetched from a peer onto the disk, whole and durable when `done` says so. */
export interface Codes {
  obtain(wanted: EffectOf<'fetch-code'>, done: (failed: CodeFailed | null) => void): void;
  /** Throws away what nothing needs any more. */
  sweep(): void;
}

/** Why code did not come. `referrals`: peers that a busy source named. */
export type CodeFailed = Pick<Extract<GossipEvent, { type: 'code-failed' }>, 'failure' | 'referrals'>;

export type StartOrder = Pick<EffectOf<'start-instance'>, 'module' | 'generation' | 'record'>;

export interface Hosts {
  /** Begins to load the code of the order. None of `events` happens before this returns. */
  start(order: StartOrder, events: HostEvents): Host;
}

export interface HostEvents {
  /** Constructed, and its code is what was signed. */
  readonly loaded: () => void;
  /** It could not be started, or ended by itself; it is gone. */
  readonly failed: (failure: Failure) => void;
  /** The instance asks for an exchange; `token` is its own. */
  readonly exchange: (token: number, to: Peer, body: Uint8Array) => void;
}

/** One instance of a module. A step that fails leaves it to whoever asked to end it. */
export interface Host {
  accept(state: StateBytes, done: Done<void>): void;
  activate(done: Done<void>): void;
  /** A snapshot; the instance goes on, whatever comes of it. */
  takeState(done: Done<StateBytes>): void;
  /** Answered within `ANSWER_MS`, with a failure if need be. */
  deliver(from: Peer, body: Uint8Array, done: Done<Uint8Array>): void;
  /** The outcome of an exchange that it asked for. */
  reply(token: number, reply: ModuleReply): void;
  /** An orderly end, even while it is still starting; until `done` it may say goodbye. */
  stop(reason: StopReason, done: () => void): void;
  /** Ends it at once; `done` when nothing of it is left. */
  end(done: () => void): void;
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
}
