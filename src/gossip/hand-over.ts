/** The hand-over: where the new instance's state comes from, and what becomes of the old state. */
import type { VerifiedDeployment } from '../model/deployment.ts';
import { deploymentName } from '../model/deployment.ts';
import type { StateBytes } from '../model/state-bytes.ts';
import type { ModuleName, PayloadHash } from '../model/names.ts';
import type { Ports } from './ports.ts';
import type { Checkpoint, Generation, StateTaken } from './protocol.ts';
import { jittered } from './timing.ts';

/** One process with one deployment's code, and the state epoch that its state belongs to. */
export interface Instance {
  readonly generation: Generation;
  readonly record: VerifiedDeployment;
  readonly stateEpoch: PayloadHash | null;
  /**
   * A fallback that began in an epoch which a later deployment opened, because neither that nor any after it could run yet: what it gathers goes to
   * no other, and on no disk, for it comes of what was to be thrown away.
   */
  readonly isOutdated: boolean;
}

/** `starting`: loading its code; `draining`: the old one answers what applications have asked it; `taking`: waits for the old one's state; `loading`: for the checkpoint; then `accepting` and `activating`. */
export type Stage = 'starting' | 'draining' | 'taking' | 'loading' | 'accepting' | 'activating';

/** An instance on its way to run. */
export interface Attempt extends Instance {
  stage: Stage;
  /** The state it was given. */
  state: StateBytes | null;
  /** Why older state was thrown away. */
  dropped: string | null;
  /** Age of the checkpoint that its state comes from; null when it comes from a running instance, or there is none. */
  restoredFromMs: number | null;
}

export function attempt(instance: Instance): Attempt {
  return { ...instance, stage: 'starting', state: null, dropped: null, restoredFromMs: null };
}

/** What a state was asked for. `nothing`: for an attempt that has ended. */
type Purpose = 'checkpoint' | 'hand-over' | 'nothing';

export interface HandOverParts {
  readonly ports: Ports;
  /** Law 3: whether state of `stateEpoch` may be loaded while `present` is the module's state epoch. */
  readonly sameStateEpoch: (stateEpoch: PayloadHash | null, present: PayloadHash | null) => boolean;
  /** Whether the module's instance has requests of applications that it did not answer yet. */
  readonly isAsked: (module: ModuleName) => boolean;
}

export class HandOver {
  readonly #module: ModuleName;
  readonly #ports: Ports;
  readonly #sameStateEpoch: (stateEpoch: PayloadHash | null, present: PayloadHash | null) => boolean;
  readonly #isAsked: () => boolean;
  /** What each outstanding `take-state` of the old instance is for, in order. */
  #takes: Purpose[] = [];

  constructor(module: ModuleName, { ports, sameStateEpoch, isAsked }: HandOverParts) {
    this.#module = module;
    this.#ports = ports;
    this.#sameStateEpoch = sameStateEpoch;
    this.#isAsked = () => isAsked(module);
  }

  /** The new instance is loaded. State comes from the old one, or from the last checkpoint when there is none. */
  begin(next: Attempt, old: Instance | null): void {
    if (old === null) return this.#load(next);
    // What it answers was done, and belongs into the state that is taken. No request takes longer than `REQUEST_MS`, and no new one comes.
    next.stage = 'draining';
    return this.#isAsked() ? undefined : this.drained(next, old);
  }

  /** The old instance has answered what it was asked. */
  drained(next: Attempt, old: Instance): void {
    if (old.isOutdated || !this.#sameStateEpoch(old.stateEpoch, next.stateEpoch)) {
      next.dropped = `${deploymentName(next.record.deployment)} belongs to a later state epoch`;
      return this.activate(next);
    }
    next.stage = 'taking';
    this.#take(old, 'hand-over');
  }

  /** Snapshots of the running instance, soon and then now and then, against crashes; `current` is null while there is none to take. */
  keepCheckpoints(current: () => Instance | null, afterMs = this.#ports.timing.firstCheckpointMs): void {
    const { timers, timing, random, now } = this.#ports;
    timers.set(this.#slot, now + jittered(afterMs, random), () => {
      const instance = current();
      // One at a time: an instance that does not answer is not asked again.
      if (instance !== null && this.#takes.length === 0) this.#take(instance, 'checkpoint');
      this.keepCheckpoints(current, timing.checkpointMs);
    });
  }

  endCheckpoints(): void {
    this.#ports.timers.clear(this.#slot);
  }

  /**
   * The running instance gave its state, or could not; returns what for. A hand-over without a state is the caller's to end: the
   * last checkpoint would silently lose what the instance knows since (law 9).
   */
  taken(active: Instance, next: Attempt | null, taken: StateTaken): Purpose {
    const purpose = this.#takes.shift() ?? 'nothing';
    if ('state' in taken) {
      if (purpose === 'checkpoint') this.#persist(active, taken.state);
      if (purpose === 'hand-over' && next?.stage === 'taking') this.#accept(next, taken.state);
    }
    return purpose;
  }

  /** The checkpoint was read; state of another epoch is never given to an instance (law 3). */
  loaded(next: Attempt, checkpoint: Checkpoint | null, ageMs: number): void {
    if (checkpoint !== null && this.#sameStateEpoch(checkpoint.stateEpoch, next.stateEpoch)) {
      next.restoredFromMs = ageMs;
      return this.#accept(next, checkpoint.state);
    }
    if (checkpoint !== null) next.dropped = 'the checkpoint belongs to another state epoch';
    this.activate(next);
  }

  activate(next: Attempt): void {
    next.stage = 'activating';
    this.#ports.emit({ type: 'activate', module: this.#module, generation: next.generation });
  }

  /** The new instance runs: its state replaces the old one's on disk. */
  finish(next: Attempt): void {
    this.#takes = [];
    const { record, restoredFromMs } = next;
    if (restoredFromMs !== null) {
      const deployment = deploymentName(record.deployment);
      this.#ports.emit({ type: 'note', note: { event: 'state-restored', module: this.#module, deployment, ageMs: restoredFromMs } });
    }
    // A checkpoint that is written anew for this deployment grows no younger by it.
    if (next.state !== null) this.#persist(next, next.state, restoredFromMs ?? 0);
    // What lies there still tells the next start of the core which deployment ran; no instance takes the state itself (law 3).
    else if (next.dropped !== null && !next.isOutdated) this.drop(next.dropped);
  }

  /** The attempt ended; a state that is still taken for it is for nobody. */
  abandon(): void {
    this.#takes = this.#takes.map((purpose) => (purpose === 'hand-over' ? 'nothing' : purpose));
  }

  /** The old instance is gone; if its state was awaited, the checkpoint takes its place. */
  lostOld(next: Attempt | null): void {
    this.#takes = [];
    if (next?.stage === 'taking' || next?.stage === 'draining') this.#load(next);
  }

  drop(why: string): void {
    this.#ports.emit({ type: 'drop-checkpoint', module: this.#module });
    this.#ports.emit({ type: 'note', note: { event: 'state-dropped', module: this.#module, why } });
  }

  get #slot(): string {
    return `checkpoint/${this.#module}`;
  }

  #take(instance: Instance, purpose: 'checkpoint' | 'hand-over'): void {
    this.#takes.push(purpose);
    this.#ports.emit({ type: 'take-state', module: this.#module, generation: instance.generation });
  }

  #load(next: Attempt): void {
    next.stage = 'loading';
    this.#ports.emit({ type: 'load-checkpoint', module: this.#module });
  }

  #accept(next: Attempt, state: StateBytes): void {
    next.stage = 'accepting';
    next.state = state;
    this.#ports.emit({ type: 'accept-state', module: this.#module, generation: next.generation, state });
  }

  #persist({ record, stateEpoch, isOutdated }: Instance, state: StateBytes, ageMs = 0): void {
    if (isOutdated) return;
    const checkpoint: Checkpoint = { deployment: record.hash, stateEpoch, state };
    this.#ports.emit({ type: 'persist-checkpoint', module: this.#module, checkpoint, ageMs });
  }
}
