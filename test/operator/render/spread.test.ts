/** How a simulation is shown: a curve of text, tables, a picture, a bar. */
import { describe, expect, test } from 'vitest';
import { ticks, tickText } from '../../../src/operator/render/axis.ts';
import { bar } from '../../../src/operator/render/bar.ts';
import { curveLines } from '../../../src/operator/render/spread-curve.ts';
import { spreadSvg } from '../../../src/operator/render/spread-svg.ts';
import { loadTable, milestoneTable } from '../../../src/operator/render/spread-table.ts';
import { planText, progressText, remarks, seedsText, unfinishedText } from '../../../src/operator/render/spread-text.ts';
import { reportOf } from '../../../src/operator/simulate/report.ts';
import type { DeploymentReport } from '../../../src/operator/simulate/report.ts';
import { PLAN, run, RUNS } from '../simulate/runs.ts';

const report = reportOf(PLAN, RUNS, false);
const [deployment] = report.deployments as [DeploymentReport];

describe('the curve', () => {
  test('has those who run it on top of those who only know it, over the time', () => {
    expect(curveLines(deployment.curve, 40)).toEqual([
      '100 % ┤  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░█',
      '      │  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░█',
      '      │  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░█',
      '      │  ░░░░░░░░░░░░███████████████████',
      '      │  ░░░░░░░░░░░░███████████████████',
      ' 50 % ┤ ░░░░░░░█████████████████████████',
      '      │ ░░░░░░░█████████████████████████',
      '      │░░░░░░░░█████████████████████████',
      '      │░░░░█████████████████████████████',
      '      │░░░░█████████████████████████████',
      '  0 % └┬───────────────────────────────┬',
      '       0                              5s',
      '       █ run it   ░ know it',
    ]);
  });

  test.each([30, 80, 120])('is no wider than %i columns', (columns) => {
    for (const line of curveLines(deployment.curve, columns)) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('of nothing is nothing', () => expect(curveLines([], 80)).toEqual([]));
});

describe('the time axis', () => {
  test.each([
    [5_000, 5, [0, 1_000, 2_000, 3_000, 4_000, 5_000]],
    [5_000, 3, [0, 2_000, 4_000]],
    [37, 4, [0, 10, 20, 30]],
    [0, 4, [0]],
    [10 * 86_400_000, 2, [0, 432_000_000, 864_000_000]],
  ])('of %i ms has at most %i marks besides 0', (endMs, most, marks) => expect(ticks(endMs, most)).toEqual(marks));

  test('has short marks', () => {
    expect([0, 500, 1_500, 60_000, 90_000, 7_200_000].map(tickText)).toEqual(['0', '500ms', '1.5s', '1m', '1.5m', '2h']);
  });
});

test('the tables say when, in how many rounds, and what it cost', () => {
  const cells = (table: ReturnType<typeof loadTable>) => table.rows.map((row) => row.map(({ text }) => text));
  expect(cells(milestoneTable(deployment, 3))).toEqual([
    ['50 %', '110ms (100ms–150ms)', '0.1', '1.2s (1.0s–1.5s)', '1.2 (1.0–1.5)'],
    ['90 %', '310ms (300ms–400ms)', '0.3 (0.3–0.4)', '4.5s (4.0s–5.0s), in 2 of 3 runs', '4.5 (4.0–5.0)'],
    ['99 %', '310ms (300ms–400ms)', '0.3 (0.3–0.4)', '4.5s (4.0s–5.0s), in 2 of 3 runs', '4.5 (4.0–5.0)'],
    ['100 %', '310ms (300ms–400ms)', '0.3 (0.3–0.4)', '4.5s (4.0s–5.0s), in 2 of 3 runs', '4.5 (4.0–5.0)'],
  ]);
  expect(cells(loadTable(report))).toEqual([
    ['other nodes', '20', '10', '20 KB', '10 KB', '40 KB'],
    ['rendezvous nodes', '80', '40', '80 KB', '40 KB', '160 KB'],
  ]);
  const never = reportOf(PLAN, [run(1, [0], [])], false).deployments[0] as DeploymentReport;
  expect(cells(milestoneTable(never, 1))[0]).toEqual(['50 %', 'never', '-', 'never', '-']);
});

describe('the picture', () => {
  const svg = spreadSvg('5 < 6 & "x"', deployment.curve);

  test('is well-formed: every element is closed, and the title is escaped', () => {
    expect(unclosed(svg)).toEqual([]);
    expect(svg).toContain('<title>5 &lt; 6 &amp; &quot;x&quot;</title>');
    expect(svg.match(/&(?!(?:amp|lt|gt|quot|apos);)/)).toBeNull();
  });

  test('has a line and a band for each series, within the frame', () => {
    const lines = [...svg.matchAll(/<poly(?:line|gon)[^>]* points="([^"]+)"/g)].map(([, points = '']) => points.split(' '));
    expect(lines.map((points) => points.length)).toEqual([242, 121, 242, 121]);
    for (const point of lines.flat()) {
      const [x, y] = point.split(',').map(Number) as [number, number];
      expect([x >= 60 && x <= 780, y >= 56 && y <= 376]).toEqual([true, true]);
    }
  });

  test('of nothing is empty, but a picture', () => expect(spreadSvg('', [])).toMatch(/^<\?xml[\s\S]*<\/svg>\n$/));
});

describe('in words', () => {
  test('what was simulated', () => {
    expect(planText(PLAN)).toBe('4 nodes (1 rendezvous), a round each 1s, 10% of exchanges fail, code of 5 MB, links of 10 Mbit/s');
    expect(planText({ ...PLAN, loss: 0, bitsPerSecond: null, churnPerMinute: 0.01, modules: 'silent' })).toBe(
      '4 nodes (1 rendezvous), a round each 1s, 1% of nodes restart each minute, code of 5 MB, modules gossip nothing',
    );
    expect(planText({ ...PLAN, machines: { cores: 2, nodesPerMachine: 10 } })).toMatch(/, machines of 2 cores for 4 nodes each$/);
    expect(planText({ ...PLAN, modules: 'pulse' })).toMatch(/, a light stand-in for membership$/);
    expect([[1], [1, 2, 3], [1, 3]].map(seedsText)).toEqual(['1 run (seed 1)', '3 runs (seeds 1–3)', '2 runs (seeds 1, 3)']);
  });

  test('runs that were given up, and nodes that were down', () => {
    const runs = [...RUNS, run(4, [0], [0], { downAtEnd: 3, complete: true })];
    expect(remarks(reportOf(PLAN, runs, false))).toEqual([
      'Given up after 10m of simulated time (--limit), before every node ran the newest: 1 run (seed 3).',
      'Nodes were down in the end: up to 3, in 1 run (seed 4).',
    ]);
    expect(remarks(reportOf(PLAN, RUNS.slice(0, 2), false))).toEqual([]);
  });

  test('how far it is', () => {
    const underWay = [
      { seed: 4, simulatedMs: 1_200, running: 2 },
      { seed: 5, simulatedMs: 0, running: 0 },
    ];
    expect(progressText({ runs: 3, of: 5, underWay }, 4)).toBe('[██████████████░░░░░░] 3 of 5 runs; seed 4: 2 of 4 nodes after 1.2s');
    expect(progressText({ runs: 0, of: 5, underWay: [] }, 4)).toBe('[░░░░░░░░░░░░░░░░░░░░] 0 of 5 runs');
    expect(unfinishedText(underWay.slice(0, 1), PLAN)).toEqual(['seed 4, unfinished: 2 of 4 nodes run it after 1.2s']);
  });
});

test('a bar fills from empty to full, and no further', () => {
  expect([-1, 0, 0.5, 1, 2].map((share) => bar(share, 4))).toEqual(['[░░░░]', '[░░░░]', '[██░░]', '[████]', '[████]']);
});

/** Elements that are not closed, or closed in another order. */
function unclosed(xml: string): string[] {
  const open: string[] = [];
  for (const [, closing, name = '', own] of xml.replace(/^<\?xml.*\?>\n/, '').matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (closing !== '/' && own !== '/') open.push(name);
    else if (closing === '/' && open.pop() !== name) return [name];
  }
  return open;
}
