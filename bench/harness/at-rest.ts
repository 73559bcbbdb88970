/** A lab that has come to rest: what it was started with is done, and what is measured next does not wait for that. */
import { availableParallelism } from 'node:os';
import { busy, TICKS_PER_SECOND } from './processes.ts';
import { pause } from './wait.ts';
import type { Setting } from './bench.ts';

const LOOK_MS = 1_000;
const CALM_LOOKS = { quick: 2, full: 5 } as const;
/** Most of the processors that a lab at rest may take; a hundred nodes on two take more than half of them. */
const CALM_SHARE = 0.75;
/** Where it never comes to rest, that is how it is. */
const MOST_MS = 120_000;

/** Resolves once the processors were not full for some seconds in a row, or after two minutes; at once where the system does not tell. */
export async function atRest({ signal, quick }: Pick<Setting, 'signal' | 'quick'>): Promise<void> {
  const end = performance.now() + MOST_MS;
  const looks = CALM_LOOKS[quick ? 'quick' : 'full'];
  for (let calm = 0; calm < looks && performance.now() < end;) {
    const before = busy();
    const beganAt = performance.now();
    await pause(LOOK_MS, signal);
    const after = busy();
    if (before === null || after === null) return;
    const whole = ((performance.now() - beganAt) / 1_000) * TICKS_PER_SECOND * availableParallelism();
    calm = after.ticks - before.ticks <= CALM_SHARE * whole ? calm + 1 : 0;
  }
}
