/** The laws that every simulation keeps, and how a broken one is told: by law, event and moment. */
import type { Operator } from '../world/operator.ts';
import type { Happening } from './happening.ts';
import type { Progress } from '../play/progress.ts';
import { CoreOutlives } from './core-outlives.ts';
import { EndsEqual } from './ends-equal.ts';
import type { Law } from './law.ts';
import { NoContamination } from './no-contamination.ts';
import { NoLeader } from './no-leader.ts';
import { NothingLost } from './nothing-lost.ts';
import { OneActivation } from './one-activation.ts';
import { OnlyForward } from './only-forward.ts';
import { OnlySigned } from './only-signed.ts';
import { RevokedUnheard } from './revoked-unheard.ts';
import { RootsForward } from './roots-forward.ts';
import { SaysWhatIs } from './says-what-is.ts';

export class Laws {
  readonly endsEqual: EndsEqual;
  readonly #laws: readonly Law[];

  /** `roundMs`: the longest that a round may be: those of a node that waits for its processor are longer (law 10). */
  constructor({ signed, root, noted }: Operator, progress: Progress, roundMs: number) {
    this.endsEqual = new EndsEqual(progress);
    this.#laws = [
      new OnlyForward(signed),
      new RootsForward(root),
      new RevokedUnheard(noted),
      new OnlySigned(signed),
      new NoContamination(),
      new CoreOutlives(roundMs),
      new NothingLost(),
      new OneActivation(),
      new NoLeader(),
      new SaysWhatIs(),
      this.endsEqual,
    ];
  }

  observe(happening: Happening, now: number): void {
    for (const law of this.#laws) law.observe(happening, now);
  }
}
