/** One run again, event by event, in this process. */
import { setImmediate } from 'node:timers/promises';
import { ownClass } from './own-module.ts';
import type { SpreadPlan } from '../../sim/play/plan.ts';
import { spread } from '../../sim/play/spread.ts';
import type { SpreadRun } from '../../sim/play/spread.ts';

export interface ReplayOptions {
  readonly plan: SpreadPlan;
  readonly seed: number;
  /** Ends the run with what was shown so far. */
  readonly signal: AbortSignal;
  readonly show: (line: string) => void;
}

export async function replay({ plan, seed, signal, show }: ReplayOptions): Promise<SpreadRun> {
  return spread(plan, seed, {
    Own: await ownClass(plan),
    show,
    pause: async () => {
      // Signals and closed pipes are heard between two looks.
      await setImmediate();
      return signal.aborted ? 'stop' : 'go-on';
    },
  });
}
