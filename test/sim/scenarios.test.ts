/**
 * The laws hold in 5, 20 and 50 nodes over 120 seeds, and everybody ends equal within the goals. A failing seed prints the command that
 * plays it again. `npm run sim` plays thousands.
 */
import { expect, test } from 'vitest';
import { SCENARIOS } from '../../src/sim/scenarios/scenarios.ts';
import { simulate } from '../../src/sim/play/simulate.ts';

const SEEDS = 120;
/** Of the runs of a scenario, in turn: a small cluster shows most of what a large one does, at a tenth of the cost. */
const SIZES = [5, 20, 50, 5];

test.each(SCENARIOS.map((scenario, place) => ({ scenario, name: scenario.name, about: scenario.about, place })))(
  '$name: $about',
  async ({ scenario, place }) => {
    // Every scenario has its share of the seeds, no two the same, and of the sizes.
    for (let turn = 0; place + turn * SCENARIOS.length < SEEDS; turn += 1) {
      const { sizes = SIZES } = scenario;
      const [seed, nodes] = [place + turn * SCENARIOS.length, sizes[turn % sizes.length] as number];
      const { known, goal } = await simulate({ scenario, seed, nodes });
      expect(known, `seed ${seed}, ${nodes} nodes`).toBeLessThanOrEqual(goal);
    }
  },
  600_000,
);
