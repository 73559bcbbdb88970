/** Records by their sequence: those of one are rivals, whatever their modules. */
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { Conflict } from './conflict.ts';

export class Rivals {
  readonly #bySequence = new Map<string, Set<VerifiedDeployment>>();
  /** Sequences that several records have. */
  readonly #shared = new Set<string>();

  add(record: VerifiedDeployment): void {
    const key = sequenceKey(record);
    const rivals = this.#bySequence.get(key) ?? new Set();
    this.#bySequence.set(key, rivals.add(record));
    if (rivals.size > 1) this.#shared.add(key);
  }

  delete(record: VerifiedDeployment): void {
    const key = sequenceKey(record);
    const rivals = this.#bySequence.get(key);
    rivals?.delete(record);
    if (rivals?.size === 0) this.#bySequence.delete(key);
    if (rivals !== undefined && rivals.size < 2) this.#shared.delete(key);
  }

  /** All of the record's sequence, itself perhaps among them. */
  of(record: VerifiedDeployment): Iterable<VerifiedDeployment> {
    return this.#bySequence.get(sequenceKey(record)) ?? [];
  }

  /** Any two of each sequence that several have. */
  pairs(): Conflict[] {
    const groups = [...this.#shared].map((key) => [...(this.#bySequence.get(key) ?? [])]);
    return groups.flatMap((records) => records.flatMap((a) => records.map((b): Conflict => ({ a, b }))));
  }
}

function sequenceKey({ deployment }: VerifiedDeployment): string {
  return `${deployment.epoch}.${deployment.number.sequence}`;
}
