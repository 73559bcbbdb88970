/** What a run of benches writes: rows, plots in text and as pictures, and the whole report. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BROKEN_OFF } from '../../bench/harness/bench.ts';
import type { Figure, Plot } from '../../bench/harness/figure.ts';
import type { Section } from '../../bench/harness/run.ts';
import { FIGURE_HEAD, figureRow, formatIn, table } from '../../bench/report/figures.ts';
import { directoryTarget, merge, writeMeasured } from '../../bench/report/files.ts';
import { headlineMarkdown, reportMarkdown } from '../../bench/report/markdown.ts';
import { plotSvg } from '../../bench/report/plot-svg.ts';
import { plotText } from '../../bench/report/plot-text.ts';
import { sectionText } from '../../bench/report/terminal.ts';

const figure: Figure = {
  name: 'known by all',
  unit: 'ms',
  values: [100, 200, 300],
  baseline: { name: 'a push', values: [150] },
  goal: { at: 'p50', most: 250 },
  headline: true,
};
const plot: Plot = {
  name: 'spread',
  title: 'Nodes over <time>',
  x: 'ms',
  yLabel: 'nodes',
  series: [
    {
      name: 'know it',
      points: [
        [0, 0],
        [500, 5],
        [1_000, 10],
      ],
    },
    {
      name: 'run it',
      points: [
        [0, 0],
        [1_000, 5],
        [2_000, 10],
      ],
    },
  ],
  marks: [{ x: 500, text: 'half know it' }],
};
const section: Section = {
  bench: 'propagation',
  summary: 'A deployment on its way.',
  quick: false,
  date: '2026-11-28T21:00:00.000Z',
  tookMs: 61_000,
  machine: { processors: 2, model: 'Some CPU', memoryBytes: 24 * 2 ** 30, system: 'linux 6 x64', node: 'v26.10.0', commit: 'abc123' },
  loadBefore: [0.1, 0.2, 0.3],
  watched: [],
  figures: [figure],
  plots: [plot],
  remarks: ['Ten nodes.'],
};

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-bench-test-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

describe('a figure as a row', () => {
  test('tells median, spread, number, baseline, goal, and whether it is kept', () => {
    expect(figureRow(figure)).toEqual(['known by all', '200 ms', '100 ms to 300 ms', '-', '3', '150 ms (a push)', '≤ 250 ms', 'kept']);
  });

  test('shows the baseline where the goal looks', () => {
    const row = figureRow({ ...figure, goal: { at: 'p99', most: 1.5, of: 'baseline' } });
    expect(row.slice(5)).toEqual(['p99 150 ms (a push)', 'p99 ≤ 1.5 × baseline', 'missed']);
  });

  test('tells how many attempts came to no end', () => {
    expect(figureRow({ ...figure, failed: ['not in 90 s'] }).slice(4)).toEqual(['3 of 4', '150 ms (a push)', '≤ 250 ms', 'missed']);
    expect(figureRow({ name: 'a', unit: 'ms', values: [], failed: ['not in 90 s'] })).toEqual([
      'a',
      'never',
      '-',
      '-',
      '0 of 1',
      '-',
      '-',
      '',
    ]);
  });

  test('never takes what was not measured for nothing', () => {
    expect(figureRow({ name: 'a', unit: 'bytes', values: [] })[1]).toBe('not measured');
  });

  test('tells the 99th percentile of many samples only', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(figureRow({ name: 'a', unit: 'ms', values })[3]).toBe('99 ms');
  });

  test.each([
    ['ms', 0.1234, '0.123 ms'],
    ['ms', 999.4, '999 ms'],
    ['ms', 12_345, '12.3 s'],
    ['bytes', 28_800_000, '28.8 MB'],
    ['percent', 0.8512, '0.851 %'],
    ['count', 7, '7'],
    ['count', 12_345.6, '12,346'],
  ] as const)('%s: %d', (unit, value, text) => {
    expect(formatIn(unit)(value)).toBe(text);
  });
});

test('a table has columns of equal width', () => {
  expect(table(['a', 'long'], [['1', '2']])).toBe('| a   | long |\n| --- | ---- |\n| 1   | 2    |');
});

describe('a plot in text', () => {
  test('draws each line in a letter of its own, with the times below', () => {
    const text = plotText(plot);
    expect(text).toContain('█ know it   ░ run it');
    expect(text).toContain('500ms: half know it');
    expect(text.split('\n')[1], 'what is counted upwards').toBe('nodes');
    expect(text).toMatch(/500ms.*1s.*1\.5s/);
    const rows = text.split('\n').filter((row) => row.includes('┤'));
    // Where one has all ten the other one still rises.
    expect(rows[0]).toMatch(/█+.*░/);
    expect(Math.max(...text.split('\n').map((row) => row.length))).toBeLessThan(100);
  });

  test('says when there is nothing', () => {
    expect(plotText({ ...plot, series: [] })).toBe('Nodes over <time>: nothing to draw');
  });

  test('tells numbers of nodes by their magnitude', () => {
    const text = plotText({
      ...plot,
      x: 'nodes',
      marks: [],
      series: [
        {
          name: 'ms',
          points: [
            [10, 5],
            [100, 6],
            [1_000, 7],
          ],
        },
      ],
    });
    const axis = text.split('\n').find((row) => row.includes('1000')) ?? '';
    const [ten, hundred, thousand] = [axis.indexOf('10 '), axis.indexOf('100 '), axis.indexOf('1000')];
    expect(Math.abs(hundred - ten - (thousand - hundred))).toBeLessThanOrEqual(4);
  });
});

describe('a picture', () => {
  test('is well-formed, escapes what it is given, and holds every line and mark', () => {
    const svg = plotSvg(plot);
    expect(svg).toContain('<title>Nodes over &lt;time&gt;</title>');
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain('half know it');
    const opened = [...svg.matchAll(/<([a-z]+)(?:\s[^>]*[^/])?>/g)].map(([, name]) => name);
    const closed = [...svg.matchAll(/<\/([a-z]+)>/g)].map(([, name]) => name);
    const sorted = (names: readonly unknown[]): string =>
      names
        .map(String)
        .toSorted((a, b) => a.localeCompare(b))
        .join(' ');
    expect(sorted(opened)).toBe(sorted(closed));
  });

  test('stays inside of its frame', () => {
    const points = [...plotSvg(plot).matchAll(/points="([^"]+)"/g)].flatMap(([, list = '']) =>
      list.split(' ').map((point) => point.split(',').map(Number)),
    );
    for (const [x = 0, y = 0] of points) {
      expect(x).toBeGreaterThanOrEqual(70);
      expect(x).toBeLessThanOrEqual(780);
      expect(y).toBeGreaterThanOrEqual(76);
      expect(y).toBeLessThanOrEqual(384);
    }
  });
});

describe('the report', () => {
  test('tells machine, date, figures, plots and what else ran', () => {
    const text = reportMarkdown([section], 'bench');
    expect(text).toContain(
      '## propagation\n\nA deployment on its way.\n\n2026-11-28, commit abc123, Node v26.10.0, 2 × Some CPU, 24 GiB, linux 6 x64.',
    );
    expect(text).toContain('| known by all | 200 ms | 100 ms to 300 ms |');
    expect(text).toContain('![Nodes over <time>](bench/spread.svg)');
    expect(text).toContain('- Ten nodes.\n- Load average before: 0.10, 0.20, 0.30; nothing was watched.\n');
  });

  test('tells that a bench came to no end, with what was found before', () => {
    const text = reportMarkdown([{ ...section, error: 'given up after 25 minutes\n  at somewhere' }], 'bench');
    expect(text).toContain('**It came to no end:** given up after 25 minutes\n');
    expect(text).toContain('| known by all | 200 ms');
  });

  test('tells the disturbed samples of one kind in one line', () => {
    const seen = (others: number) => ({ forMs: 1_000, own: 0, others, stolen: 0, busiest: [{ name: 'make', share: others }] });
    const watched = [1, 2, 3].map((index) => ({
      what: `deployment ${index}`,
      attempts: [seen(0.9), seen(0.1 * index)],
      kept: 1,
      disturbed: index > 1,
    }));
    expect(sectionText({ ...section, watched })).toContain(
      '- Disturbed: deployment, 2 of 3, by 20 % to 30 % of the machine, most of it make; 3 measured again, up to 2 times in all; the least disturbed counts.',
    );
  });

  test('of a part of the benches leaves the others as they were', () => {
    const [old, other] = [section, { ...section, bench: 'idle' }];
    const now = { ...section, date: '2026-12-01T00:00:00.000Z' };
    expect(merge([old, other], [now], ['propagation', 'idle'])).toEqual([now, other]);
    expect(merge([other], [now], ['propagation', 'idle'])).toEqual([now, other]);
    const part = { ...now, error: BROKEN_OFF };
    expect(merge([old, other], [part], ['propagation', 'idle']), 'a part takes no place of the whole').toEqual([old, other]);
    expect(merge([other], [part], ['propagation', 'idle'])).toEqual([part, other]);
  });

  test('into a directory that was used before keeps what is there of other benches', async () => {
    const directory = await temporary();
    const order = ['propagation', 'idle'];
    await writeMeasured(await directoryTarget(directory), [{ ...section, bench: 'idle' }], order);
    await writeMeasured(await directoryTarget(directory), [section], order);
    const measured = JSON.parse(await readFile(join(directory, 'bench.json'), 'utf8')) as Section[];
    expect(measured.map(({ bench }) => bench)).toEqual(order);
    expect(await readFile(join(directory, 'bench.md'), 'utf8')).toMatch(/## propagation[^]*## idle/);
  });

  test.each(['{', '{}', '[1]'])('does not write over %s that is no result of a bench', async (text) => {
    const directory = await temporary();
    await writeFile(join(directory, 'bench.json'), text);
    await expect(directoryTarget(directory)).rejects.toThrow('bench.json is not what benches write');
  });

  test('has a short table for the README, with the picture of the first bench', () => {
    const text = headlineMarkdown(
      [{ ...section, figures: [figure, { ...figure, name: 'no headline', headline: undefined as never }] }],
      'docs/reports/bench',
    );
    expect(text.split('\n')[0]).toContain(FIGURE_HEAD[0]);
    expect(text).not.toContain('no headline');
    expect(text).toContain('![Nodes over <time>](docs/reports/bench/spread.svg)');
    expect(text).toContain('2026-11-28, commit abc123');
    expect(text).not.toContain('measured earlier');
  });

  test('the short table says which benches were measured at other commits', () => {
    const earlier = { ...section, bench: 'before', date: '2026-11-27T00:00:00.000Z', machine: { ...section.machine, commit: 'old' } };
    expect(headlineMarkdown([earlier, section], '.')).toContain(`That is of ${section.bench}; measured earlier, at other commits: before.`);
  });
});
