/**
 * How the current instance of a module is doing: its exchanges, the messages it could not answer, its checkpoints, and where its state
 * came from (law 9).
 */
import { deploymentName } from '../model/deployment.ts';
import type { ModuleName, Peer } from '../model/names.ts';
import type { Attempt } from './hand-over.ts';
import type { Ports } from './ports.ts';
import type { InstanceHealth } from './instance-health.ts';
import type { Failure, StateTaken } from './protocol.ts';
import { USELESS_FAILURES } from './timing.ts';

export class Health {
  readonly #module: ModuleName;
  readonly #deployment: string;
  readonly #ports: Ports;
  readonly #since: number;
  readonly #restoredFromMs: number | null;
  #answered = 0;
  #failed = 0;
  #matchedAt: number | null = null;
  /** Failed exchanges since the last that matched. */
  #inSequence = 0;
  #errors = 0;
  #lastError: Failure | null = null;
  /** Failures to answer that the log was not told of yet, and when it is told again. */
  #untold = 0;
  #tellAt = 0;
  #checkpointAt: number | null = null;
  #checkpointError: Failure | null = null;

  /** The state that the instance began with is its first checkpoint. */
  constructor(module: ModuleName, ports: Ports, { record, state, restoredFromMs }: Pick<Attempt, 'record' | 'state' | 'restoredFromMs'>) {
    this.#module = module;
    this.#deployment = deploymentName(record.deployment);
    this.#ports = ports;
    this.#since = ports.now;
    this.#restoredFromMs = restoredFromMs;
    if (state !== null) this.#checkpointAt = ports.now - (restoredFromMs ?? 0);
  }

  /** The outcome of an exchange that the instance asked for or answered. */
  exchanged(outcome: 'answered' | 'failed'): void {
    if (outcome === 'failed') {
      this.#failed += 1;
      this.#inSequence += 1;
      return;
    }
    this.#answered += 1;
    this.#inSequence = 0;
    this.#matchedAt = this.#ports.now;
  }

  /** `receive`, or of an application (null) `request`, gave no answer: told at once, then at a bounded rate with the number of those in between. */
  couldNotAnswer(from: Peer | null, failure: Failure): void {
    this.#errors += 1;
    this.#lastError = failure;
    const { now, timing } = this.#ports;
    if (now < this.#tellAt) {
      this.#untold += 1;
      return;
    }
    const told = { module: this.#module, deployment: this.#deployment, failure, untold: this.#untold };
    const note = from === null ? ({ event: 'request-failed', ...told } as const) : ({ event: 'receive-failed', from, ...told } as const);
    this.#ports.emit({ type: 'note', note });
    this.#untold = 0;
    this.#tellAt = now + timing.tellMs;
  }

  /** A state was asked of the instance; `kept` when it becomes the checkpoint. Whether it can give one is told when it changes. */
  stateTaken(taken: StateTaken, kept: boolean): void {
    const failure = 'failure' in taken ? taken.failure : null;
    if (kept && failure === null) this.#checkpointAt = this.#ports.now;
    if (failure?.message === this.#checkpointError?.message) return;
    this.#checkpointError = failure;
    this.#ports.emit({ type: 'note', note: { event: 'checkpoint', module: this.#module, deployment: this.#deployment, why: failure } });
  }

  /**
   * Whether nothing says that it gossips in vain; without peers there is nobody to gossip with. A healthy module that is merely silent is not in
   * trouble: modules choose their own rhythm, and the slow rate of backup gossip carries what they do not.
   */
  useful(now: number, anyPeers: boolean): boolean {
    const inVain = this.#inSequence >= USELESS_FAILURES && now - (this.#matchedAt ?? this.#since) > this.#ports.timing.usefulMs;
    return !anyPeers || !inVain;
  }

  get told(): InstanceHealth {
    return {
      since: this.#since,
      exchanges: { answered: this.#answered, failed: this.#failed },
      errors: { count: this.#errors, last: this.#lastError },
      checkpoint: { at: this.#checkpointAt, error: this.#checkpointError },
      restoredFromMs: this.#restoredFromMs,
    };
  }
}
