/** The checks that hold law 3 and bound what hints may cause: of their own, so that a test can leave one out to show what it prevents. */
import type { PayloadHash } from '../model/names.ts';
import { FairBudget } from './budget.ts';
import type { Budget } from './budget.ts';
import { mediate } from './mediated.ts';
import type { Timing } from './timing.ts';

export interface Checks {
  readonly mediate: typeof mediate;
  readonly sameStateEpoch: (stateEpoch: PayloadHash | null, present: PayloadHash | null) => boolean;
  readonly budget: (timing: Timing) => Budget;
  /** Whether who was revoked is heard all the same (attack B15). */
  readonly hearsRevoked: boolean;
}

export const CHECKS: Checks = {
  mediate,
  sameStateEpoch: (stateEpoch, present) => stateEpoch === present,
  budget: ({ intervalMs }) => new FairBudget(intervalMs),
  hearsRevoked: false,
};
