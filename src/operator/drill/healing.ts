/** Waits until what a drill broke runs again on every node, and tells how it came: by which times, and on what state. */
import { compareNumbers } from '../../model/deployment-number.ts';
import type { NodeId } from '../../model/names.ts';
import { waitForConvergence } from '../status/await-rollout.ts';
import type { Convergence } from '../status/await-rollout.ts';
import { reachable } from '../status/gather.ts';
import type { Sighting } from '../status/gather.ts';
import { Spread } from '../status/spread.ts';
import type { SpreadView } from '../status/spread.ts';
import type { DrillStage, Healed } from './drill.ts';

/** Of one module: how the deployment that heals it has spread, and how far it came. */
export interface HealingView {
  readonly spread: SpreadView;
  /** Null where the waiting was ended before it came to this module. */
  readonly convergence: Convergence | null;
  /** Nodes whose instance began with the last checkpoint; of the others the drill's code lived just then, and handed on what it had been given. */
  readonly restored: number;
}

export interface HealingOptions {
  readonly withinMs: number;
  /** How long every instance must have run in good health. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
  /** Told after each look: of each module how many nodes run it, and of how many. */
  readonly onLook: (elapsedMs: number) => void;
}

const POLL_MS = 250;

export class Healing {
  readonly healed: Healed & { readonly deployed: NonNullable<Healed['deployed']> };
  readonly #spread: Spread;
  readonly #restored = new Set<NodeId>();
  convergence: Convergence | null = null;

  constructor(healed: Healing['healed'], settleMs: number) {
    this.healed = healed;
    this.#spread = new Spread(healed.deployed.record, settleMs);
  }

  look(sightings: readonly Sighting[], now: number): void {
    this.#spread.look(sightings, now);
    const { number, module } = this.healed.deployed.record.deployment;
    for (const { id, modules } of reachable(sightings)) {
      const row = modules.find(({ name }) => name === module);
      const runs = row?.state === 'running' && row.number !== null && compareNumbers(row.number, number) === 0;
      if (runs && typeof row.restoredFromMs === 'number') this.#restored.add(id);
    }
  }

  view(): HealingView {
    return { spread: this.#spread.view(), convergence: this.convergence, restored: this.#restored.size };
  }
}

/** One after the other, though all of them go on at the same time: each look is for all. */
export async function awaitHealing(
  { look, clock }: Pick<DrillStage, 'look' | 'clock'>,
  healings: readonly Healing[],
  { withinMs, settleMs, signal, onLook }: HealingOptions,
): Promise<void> {
  const startedAt = clock.now();
  for (const healing of healings) {
    healing.convergence = await waitForConvergence({
      record: healing.healed.deployed.record,
      look: async () => {
        const sightings = await look();
        const now = clock.now();
        for (const each of healings) each.look(sightings, now);
        onLook(now - startedAt);
        return { sightings };
      },
      timeoutMs: Math.max(1, withinMs - (clock.now() - startedAt)),
      pollMs: POLL_MS,
      steadyMs: settleMs,
      signal,
      clock: { now: () => clock.now(), pause: (ms) => clock.pause(ms, signal) },
    });
    if (signal.aborted) return;
  }
}
