/** Which runs an evening of simulation consists of. */
import type { Scenario } from '../../src/sim/scenarios/scenario.ts';

/** Sizes that every scenario is played at which does not say otherwise, and the one that shows how the clean spread grows. */
export const SIZES = [5, 20, 50] as const;
const GROWTH = { scenario: 'clean', nodes: 1_000 } as const;
/** A run of the large size costs as much as some hundred others: one in this many, at most so many. */
const GROWTH_SHARE = 1_000;
const MAX_GROWTH = 5;
/** Of ten runs of a scenario: a small cluster shows most of what a large one does, at a tenth of the cost. */
const SHARES: Readonly<Record<number, number>> = { 5: 5, 20: 3, 50: 2 };
/** A scenario that plays a row of the table of faults has this many times the runs of one that does not. */
const HEADLINE_WEIGHT = 4;

export interface Run {
  readonly scenario: string;
  readonly nodes: number;
  readonly seed: number;
}

/** So many runs in all, with seeds from `firstSeed` on, in such an order that whoever interrupts has seen a little of everything. */
export function planRuns(scenarios: readonly Scenario[], sizes: readonly number[], total: number, firstSeed = 1): Run[] {
  const growth = sizes.length > 1 && scenarios.some(({ name }) => name === GROWTH.scenario);
  const large = growth ? Math.min(MAX_GROWTH, Math.floor(total / GROWTH_SHARE)) : 0;
  const groups = scenarios.flatMap(({ name, row, sizes: usual = sizes }) =>
    sizes
      .filter((nodes) => sizes.length === 1 || usual.includes(nodes))
      .map((nodes) => ({ scenario: name, nodes, weight: (SHARES[nodes] ?? 1) * (row === null ? 1 : HEADLINE_WEIGHT) })),
  );
  const weights = groups.reduce((sum, { weight }) => sum + weight, 0);
  let before = 0;
  const planned = groups.flatMap(({ scenario, nodes, weight }) => {
    // Rounded sums, not sums of rounded shares: so the total is met.
    const from = Math.round((before * (total - large)) / weights);
    before += weight;
    const count = Math.round((before * (total - large)) / weights) - from;
    return Array.from({ length: count }, (_, index) => ({ run: { scenario, nodes, seed: firstSeed + index }, place: index / count }));
  });
  // Neither first, where they would keep whoever interrupts from seeing anything, nor last, where one thread would be left with them.
  const grown = Array.from({ length: large }, (_, index) => ({
    run: { ...GROWTH, seed: firstSeed + index },
    place: (index + 1) / (large + 2),
  }));
  return [...planned, ...grown].toSorted((a, b) => a.place - b.place).map(({ run }) => run);
}
