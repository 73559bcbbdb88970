/**
 * The life of one module on one node: fetch → start the new instance → take the old one's state → accept → activate →
 * switch. The old instance serves until the hand-over, and goes on if the new one cannot. Never runs a lower
 * deployment than one that ran before (law 1), never loads state of another epoch (law 3), always says why (law 9).
 */
import { deploymentName, type VerifiedDeployment } from '../model/deployment.ts';
import type { ContentHash, ModuleName, PayloadHash } from '../model/names.ts';
import type { CodeFetch } from './code-fetch.ts';
import type { Configuration } from './configuration.ts';
import { attempt, HandOver, type Attempt, type HandOverParts, type Instance } from './hand-over.ts';
import type { Checkpoint, Failure, Generation, ModuleView, StateTaken } from './protocol.ts';
import { RestartBook } from './restarts.ts';
import { conditionOf, Standing } from './standing.ts';
import { isHandingOver, type Instances } from './voice.ts';

export interface UpdateParts extends HandOverParts {
  readonly configuration: Configuration;
  readonly codes: CodeFetch;
  /** Asks for the code of the record from whoever told of it. */
  readonly fetch: (record: VerifiedDeployment) => void;
  /** Whether this node may run the module. */
  readonly runs: () => boolean;
}

export class ModuleUpdate {
  readonly name: ModuleName;
  /** The newest that was known last: it goes on where a new trust epoch has none yet. */
  #known: VerifiedDeployment;
  #knownEpoch: PayloadHash | null = null;
  readonly #parts: UpdateParts;
  readonly #handOver: HandOver;
  readonly standing: Standing;
  readonly #restarts: RestartBook;
  #active: Instance | null = null;
  #next: Attempt | null = null;
  #leaving: Instance | null = null; // was removed, and may say goodbye until it has ended
  /** The highest deployment that ran here, or may have: the only one besides the newest that may be started again (law 1). */
  #last: VerifiedDeployment | null = null;
  #target: PayloadHash | null = null; // that failures were last counted for
  #lastGeneration: Generation = 0;
  #removed = false;
  #recalled = false;
  /** Why the code is not here yet. */
  #fetchFailure: Failure | null = null;

  constructor(first: VerifiedDeployment, parts: UpdateParts) {
    this.#known = first;
    this.name = first.deployment.module;
    this.#parts = parts;
    this.#handOver = new HandOver(this.name, parts);
    this.#restarts = new RestartBook(parts.ports.timing);
    this.standing = new Standing(this.name, parts.ports);
  }

  /** Does what is next towards the newest deployment. Called after everything that may have changed the way. */
  step(): void {
    if (this.#parts.configuration.isUnwanted(this.name)) return this.#stop('nothing in the present trust epoch names it');
    const newest = this.#newest;
    if (newest.hash !== this.#target) this.#retarget(newest);
    if (!this.#parts.runs() || newest.deployment.code === null) this.#stop(removedBy(newest));
    else if (!this.#onTheWay(newest)) this.#choose(newest);
    this.#announce();
  }

  /** Who takes messages and requests now, and who may speak: see `voice.ts`. */
  get instances(): Instances {
    return { active: this.#active, next: this.#next, leaving: this.#leaving };
  }

  /** Takes note of what the instance does, while it is the one that serves. */
  standingOf(generation: Generation): Standing | undefined {
    return generation === this.#active?.generation ? this.standing : undefined;
  }

  loaded(generation: Generation): void {
    if (this.#next?.generation !== generation || this.#next.stage !== 'starting') return;
    this.#handOver.begin(this.#next, this.#active);
    this.step();
  }

  /** The instance has no open request of an application any more. */
  answeredAll(): void {
    if (this.#next?.stage !== 'draining' || this.#active === null) return;
    this.#handOver.drained(this.#next, this.#active);
    this.step();
  }

  stateTaken(generation: Generation, taken: StateTaken): void {
    const active = this.#active;
    if (active?.generation !== generation) return;
    const purpose = this.#handOver.taken(active, this.#next, taken);
    this.standing.stateTaken(taken, purpose === 'checkpoint');
    if (purpose === 'hand-over' && 'failure' in taken && this.#next !== null) this.#withheld(active, this.#next, taken.failure);
    this.step();
  }

  checkpointLoaded(checkpoint: Checkpoint | null, ageMs: number): void {
    if (this.#next?.stage === 'loading') this.#handOver.loaded(this.#next, checkpoint, ageMs);
    else if (this.#active === null && this.#last === null) this.#recall(checkpoint);
    this.step();
  }

  accepted(generation: Generation): void {
    if (this.#next?.generation === generation && this.#next.stage === 'accepting') this.#handOver.activate(this.#next);
    this.step();
  }

  /** The new instance runs: it takes the old one's place. */
  activated(generation: Generation): void {
    const next = this.#next;
    if (next?.generation !== generation || next.stage !== 'activating') return;
    if (this.#active !== null) this.#end(this.#active);
    this.#handOver.finish(next);
    this.#active = next;
    this.#last = next.record;
    this.#next = null;
    this.standing.replaced(next);
    this.#restarts.of(next.record.hash).succeeded();
    this.#handOver.keepCheckpoints(() => (isHandingOver(this.#next) ? null : this.#active));
    this.step();
  }

  /** An instance could not do the last thing asked of it, or ended by itself. */
  failed(generation: Generation, failure: Failure): void {
    if (generation === this.#active?.generation) this.#crashed(this.#active, failure);
    else if (generation === this.#next?.generation) this.#rejected(this.#next, failure);
    else return;
    this.step();
  }

  /** No source had the code so far. */
  codeMissing(hash: ContentHash, failure: Failure): void {
    if (this.#newest.deployment.code?.hash !== hash) return;
    this.#fetchFailure = failure;
    this.#announce();
  }

  /** Codes that must not be thrown away: of what runs, of what is starting and of what should run. */
  codes(): ContentHash[] {
    return [this.#active?.record, this.#next?.record, this.#last, this.#newest].flatMap((record) => record?.deployment.code?.hash ?? []);
  }

  view(now: number, anyPeers: boolean): ModuleView {
    return {
      name: this.name,
      running: this.#active?.record ?? null,
      newest: this.#newest,
      generation: this.#active?.generation ?? null,
      stateEpoch: this.#active?.stateEpoch ?? null,
      isOutdated: this.#active?.isOutdated ?? false,
      restarts: this.#restarts.of(this.#newest.hash).count,
      isBroken: this.#restarts.of(this.#newest.hash).broken,
      ...this.standing.view(now, anyPeers),
    };
  }

  /** Known from the start: a module is a module by its first record, and records only grow. */
  get #newest(): VerifiedDeployment {
    this.#known = this.#parts.configuration.newest(this.name) ?? this.#known;
    return this.#known;
  }

  get #stateEpoch(): PayloadHash | null {
    const { configuration } = this.#parts;
    if (configuration.newest(this.name) !== undefined) this.#knownEpoch = configuration.lastScrub(this.name);
    return this.#knownEpoch;
  }

  /** A newer deployment: what failed before says nothing about it. */
  #retarget(newest: VerifiedDeployment): void {
    this.#target = newest.hash;
    this.#fetchFailure = null;
    this.#restarts.keepOnly(this.#last?.hash);
  }

  #isGoal(instance: Instance | null, record: VerifiedDeployment): boolean {
    return instance?.record.hash === record.hash && instance.stateEpoch === this.#stateEpoch;
  }

  #onTheWay(newest: VerifiedDeployment): boolean {
    return this.#isGoal(this.#next, newest) || (this.#next === null && this.#isGoal(this.#active, newest));
  }

  /** Begins the newest deployment if it can be tried now; else the last one, if nothing runs meanwhile. */
  #choose(newest: VerifiedDeployment): void {
    const goal = this.#isGoal(this.#active, newest) ? null : this.#ready(newest) ? newest : this.#fallback(newest);
    if (this.#next !== null && goal !== null && this.#isGoal(this.#next, goal)) return;
    // It may speak already: there is no way back, and its outcome comes soon.
    if (this.#next?.stage === 'activating' && this.#next.stateEpoch === this.#stateEpoch) return;
    if (this.#next !== null) this.#abandon(this.#next);
    if (goal !== null) this.#begin(goal);
  }

  #fallback(newest: VerifiedDeployment): VerifiedDeployment | null {
    if (this.#active !== null || this.#last === null || this.#last.hash === newest.hash) return null;
    return this.#ready(this.#last) ? this.#last : null;
  }

  /** Whether the record's code is here and its pause is over; sees to it that it will be. */
  #ready(record: VerifiedDeployment): boolean {
    const { ports, codes, fetch } = this.#parts;
    const code = record.deployment.code;
    const restarts = this.#restarts.of(record.hash);
    if (code === null) return false;
    if (!codes.has(code.hash)) {
      fetch(record);
      return false;
    }
    if (restarts.failure === null || restarts.until <= ports.now) return true;
    const slot = `retry/${this.name}/${record.hash}`;
    if (ports.timers.due(slot) !== restarts.until) ports.timers.set(slot, restarts.until, () => this.step());
    return false;
  }

  #begin(record: VerifiedDeployment): void {
    this.#fetchFailure = null;
    const generation = ++this.#lastGeneration;
    this.#restarts.of(record.hash).begun();
    this.#next = attempt({ generation, record, stateEpoch: this.#stateEpoch, isOutdated: this.#parts.configuration.isOutdated(record) });
    this.#parts.ports.emit({ type: 'start-instance', module: this.name, generation, record });
  }

  /** A later deployment overtook this one: it ends before it began, and the old instance goes on. */
  #abandon(next: Attempt): void {
    if (next.stage === 'activating') this.#last = next.record;
    this.#handOver.abandon();
    this.#end(next);
    this.#next = null;
  }

  #crashed(active: Instance, failure: Failure): void {
    this.#active = null;
    this.#handOver.endCheckpoints();
    this.#restarts.of(active.record.hash).failed(failure, this.#parts.ports.now);
    this.#handOver.lostOld(this.#next);
  }

  /** The running instance gives no state to hand over: it goes on, and the new one waits (law 9). */
  #withheld({ record }: Instance, next: Attempt, { message }: Failure): void {
    this.#end(next);
    const why = `${deploymentName(record.deployment)} gives no state to hand over: ${message}`;
    this.#rejected(next, { code: 'GOSSIP_E_MODULE_STATE', message: why });
  }

  #rejected(next: Attempt, failure: Failure): void {
    this.#next = null;
    this.#handOver.abandon();
    const code = next.record.deployment.code;
    this.#restarts.of(next.record.hash).failed(failure, this.#parts.ports.now);
    // The code was taken to be here and is not, or not as it was signed: it is fetched again.
    if (code !== null && (failure.code === 'GOSSIP_E_CODE_ABSENT' || failure.code === 'GOSSIP_E_CODE_MISMATCH'))
      this.#parts.codes.lost(code.hash);
    if (this.#active !== null || this.#last !== null || this.#recalled) return;
    // Nothing runs and the newest cannot: the checkpoint tells what ran before the core restarted.
    this.#recalled = true;
    this.#parts.ports.emit({ type: 'load-checkpoint', module: this.name });
  }

  #recall(checkpoint: Checkpoint | null): void {
    const record = this.#parts.configuration.history(this.name).find(({ hash }) => hash === checkpoint?.deployment);
    if (record !== undefined && record.deployment.code !== null) this.#last = record;
  }

  /** Removed by a tombstone (attack B6) or with its trust epoch (A10), or, with null, not chosen to run here. */
  #stop(removed: string | null): void {
    if (this.#next !== null) this.#abandon(this.#next);
    if (this.#active !== null) this.#end(this.#active, 'removed');
    this.#leaving = this.#active ?? this.#leaving;
    this.#active = null;
    this.#last = null;
    if (removed !== null && !this.#removed) this.#handOver.drop(removed);
    this.#removed = removed !== null;
  }

  #end(instance: Instance, reason: 'update' | 'removed' = 'update'): void {
    if (instance === this.#active) this.#handOver.endCheckpoints();
    this.#parts.ports.emit({ type: 'stop-instance', module: this.name, generation: instance.generation, reason });
  }

  #announce(): void {
    const newest = this.#newest;
    this.standing.announce(
      conditionOf({
        runs: this.#parts.runs(),
        newest,
        active: this.#active,
        next: this.#next,
        arrived: this.#isGoal(this.#active, newest),
        failure: this.#restarts.of(newest.hash).failure ?? this.#fetchFailure,
      }),
    );
  }
}

function removedBy({ deployment }: VerifiedDeployment): string | null {
  return deployment.code === null ? `removed by ${deploymentName(deployment)}` : null;
}
