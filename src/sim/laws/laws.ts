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
import { SaysHowFresh } from './says-how-fresh.ts';
import type { RoundLengths } from './says-how-fresh.ts';
import { SaysWhatIs } from './says-what-is.ts';

export class Laws {
  readonly endsEqual: EndsEqual;
  readonly saysHowFresh: SaysHowFresh;
  readonly #laws: readonly Law[];

  constructor({ signed, root, noted }: Operator, progress: Progress, lengths: RoundLengths) {
    this.endsEqual = new EndsEqual(progress);
    this.saysHowFresh = new SaysHowFresh(lengths);
    this.#laws = [
      new OnlyForward(signed),
      new RootsForward(root),
      new RevokedUnheard(noted),
      new OnlySigned(signed),
      new NoContamination(),
      new CoreOutlives(lengths.longestMs),
      new NothingLost(),
      new OneActivation(),
      new NoLeader(),
      new SaysWhatIs(),
      this.saysHowFresh,
      this.endsEqual,
    ];
  }

  observe(happening: Happening, now: number): void {
    for (const law of this.#laws) law.observe(happening, now);
  }
}
