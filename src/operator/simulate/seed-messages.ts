/** What is said between the command and its workers, each of which plays one seed after the other. */
import type { SpreadPlan } from '../../sim/play/plan.ts';
import type { SoFar, SpreadRun } from '../../sim/play/spread.ts';

export interface PlaySeed {
  readonly plan: SpreadPlan;
  readonly seed: number;
}

export type FromWorker =
  | { readonly type: 'so-far'; readonly soFar: SoFar }
  | { readonly type: 'done'; readonly run: SpreadRun }
  /** The run broke a law of the system. */
  | { readonly type: 'failed'; readonly message: string };
