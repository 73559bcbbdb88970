/** The plan and the table of `npm run sim`. */
import { expect, test } from 'vitest';
import { Report } from '../../scripts/sim/report.ts';
import { planRuns, SIZES } from '../../scripts/sim/runs.ts';
import { SCENARIOS } from '../../src/sim/scenarios/scenarios.ts';

const [first] = SCENARIOS as [(typeof SCENARIOS)[number]];
const HEADLINE = { ...first, name: 'headline', row: 2 };
const OTHER = { ...first, name: 'other', row: null };

test('as many runs are planned as were asked for, no two the same', () => {
  for (const total of [1, 7, 100, 10_000]) {
    const runs = planRuns(SCENARIOS, SIZES, total);
    expect(new Set(runs.map(({ scenario, nodes, seed }) => `${scenario} ${nodes} ${seed}`)).size).toBe(total);
  }
});

test('the same runs are planned with other seeds, from the first one on', () => {
  const firstSeed = 70_000;
  const planned = planRuns(SCENARIOS, SIZES, 2_000, firstSeed);
  expect(planned).toEqual(planRuns(SCENARIOS, SIZES, 2_000).map(({ seed, ...run }) => ({ ...run, seed: seed - 1 + firstSeed })));
});

test('a scenario with a row in the table of faults has four times the runs of one without', () => {
  const runs = planRuns([HEADLINE, OTHER], [20], 500);
  expect(Object.groupBy(runs, ({ scenario }) => scenario)).toMatchObject({ headline: { length: 400 }, other: { length: 100 } });
});

test('a scenario of its own sizes is played at these, unless one size is asked for', () => {
  const sizesOf = (sizes: readonly number[]): Set<number> =>
    new Set(planRuns([{ ...OTHER, sizes: [5, 20] }], sizes, 60).map(({ nodes }) => nodes));
  expect([sizesOf(SIZES), sizesOf([50])]).toEqual([new Set([5, 20]), new Set([50])]);
});

test('the table counts a broken run as a violation and leaves it out of the rounds', () => {
  const report = new Report([HEADLINE]);
  const run = { scenario: 'headline', nodes: 5, seed: 1 };
  report.add({ run, result: { known: 1, running: 2, goal: 6, events: 10, fingerprint: '' } });
  report.add({ run: { ...run, seed: 2 }, result: { broken: 'law 1' } });
  expect(report.violations).toBe(1);
  expect(report.rows()).toEqual([['2', 'headline', '5', '2', '6', '1.0', '1.0', '1.0', '2.0', '2.0', '2.0', '1']]);
});

test('a table that is written again keeps what was not played again, in the order of the scenarios', () => {
  const result = { known: 1, running: 2, goal: 6, events: 10, fingerprint: '' };
  const before = new Report([HEADLINE, OTHER]);
  for (const scenario of ['other', 'headline']) before.add({ run: { scenario, nodes: 5, seed: 1 }, result });
  const again = new Report([HEADLINE, OTHER]);
  again.add({ run: { scenario: 'other', nodes: 5, seed: 1 }, result: { broken: 'law 1' } });
  again.add({ run: { scenario: 'other', nodes: 5, seed: 2 }, result: { ...result, known: 3 } });
  const lines = again.markdown(before.markdown()).split('\n');
  expect(lines.slice(2)).toEqual([
    '| 2 | headline | 5 | 1 | 6 | 1.0 | 1.0 | 1.0 | 2.0 | 2.0 | 2.0 | 0 |',
    '| - | other | 5 | 2 | 6 | 3.0 | 3.0 | 3.0 | 2.0 | 2.0 | 2.0 | 1 |',
    '',
    'In all 3 runs, 1 violations.',
  ]);
});
