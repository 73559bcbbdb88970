/**
 * How long deployments take from where they were made to here: until they are known, and until they run. By the clocks of two machines, so it is told
 * and decides nothing (law 7). Of those alone that were made while this node ran: what was missed before says nothing about how fast they spread.
 */
import type { Note } from '../../gossip/protocol.ts';
import { compareDeployments, deploymentName } from '../../model/deployment.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { Durations } from '../../model/durations.ts';
import type { ModuleName } from '../../model/names.ts';

const SPREAD_MS = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];

/** Of the newest deployment of a module that was followed; null: not yet. */
export interface ModuleSpread {
  readonly record: VerifiedDeployment;
  readonly knownMs: number;
  runningMs: number | null;
}

export class Spread {
  readonly known = new Durations(SPREAD_MS);
  readonly running = new Durations(SPREAD_MS);
  readonly #wall: () => number;
  readonly #startedAt: number;
  readonly #modules = new Map<ModuleName, ModuleSpread>();

  /** `wall`: milliseconds since 1970. */
  constructor(wall: () => number) {
    this.#wall = wall;
    this.#startedAt = wall();
  }

  of(module: ModuleName): ModuleSpread | undefined {
    return this.#modules.get(module);
  }

  noted(note: Note): void {
    if (note.event === 'deployment-accepted') this.#accepted(note.record);
    else if (note.event === 'module-state' && note.state === 'running') this.#runs(note.module, note.deployment);
  }

  #accepted(record: VerifiedDeployment): void {
    const { module, number } = record.deployment;
    const before = this.#modules.get(module)?.record;
    if (number.time < this.#startedAt || (before !== undefined && compareDeployments(record, before) <= 0)) return;
    const knownMs = this.#since(record);
    this.#modules.set(module, { record, knownMs, runningMs: null });
    this.known.add(knownMs);
  }

  #runs(module: ModuleName, deployment: string | null): void {
    const followed = this.#modules.get(module);
    if (followed === undefined || followed.runningMs !== null || deploymentName(followed.record.deployment) !== deployment) return;
    followed.runningMs = this.#since(followed.record);
    this.running.add(followed.runningMs);
  }

  /** A clock that is behind makes nothing come before it was made. */
  #since({ deployment }: VerifiedDeployment): number {
    return Math.max(0, this.#wall() - deployment.number.time);
  }
}
