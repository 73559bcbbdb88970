/** Figures as rows of a table: the median with its spread, beside the baseline and the goal. */
import { formatSize } from '../../src/operator/units/quantity.ts';
import type { Figure, Goal, Unit } from '../harness/figure.ts';
import { LEAST_FOR_P99, summarise, verdict } from '../harness/summary.ts';
import type { Summary } from '../harness/summary.ts';

export const FIGURE_HEAD = ['figure', 'median', 'p10 to p90', 'p99', 'n', 'baseline', 'goal', ''] as const;
const NOTHING = '-';

export function figureRow(figure: Figure): string[] {
  const { name, unit, values, failed = [], baseline } = figure;
  const summary = summarise(values);
  const format = formatIn(unit);
  const base = baseline === undefined ? null : summarise(baseline.values);
  return [
    name,
    summary === null ? (failed.length > 0 ? 'never' : 'not measured') : format(summary.p50),
    summary === null || summary.n === 1 ? NOTHING : `${format(summary.p10)} to ${format(summary.p90)}`,
    summary === null || summary.n < LEAST_FOR_P99 ? NOTHING : format(summary.p99),
    failed.length === 0 ? String(values.length) : `${values.length} of ${values.length + failed.length}`,
    baseline === undefined || base === null ? NOTHING : `${baselineText(base, figure.goal, format)} (${baseline.name})`,
    figure.goal === undefined ? NOTHING : goalText(figure.goal, unit),
    { kept: 'kept', missed: 'missed', none: '' }[verdict(figure)],
  ];
}

/** Its median, and beside a goal that is elsewhere what it is there. */
function baselineText(base: Summary, goal: Goal | undefined, format: (value: number) => string): string {
  return goal?.of === undefined || goal.at === 'p50' ? format(base.p50) : `${goal.at} ${format(base[goal.at])}`;
}

function goalText({ at, most, of }: Goal, unit: Unit): string {
  const where = at === 'p50' ? '' : `${at} `;
  return of === undefined ? `${where}≤ ${formatIn(unit)(most)}` : `${where}≤ ${most} × baseline`;
}

export function formatIn(unit: Unit): (value: number) => string {
  switch (unit) {
    case 'ms':
      return (value) => (Math.abs(value) >= 1_000 ? `${digits(value / 1_000)} s` : `${digits(value)} ms`);
    case 'bytes':
      return formatSize;
    case 'percent':
      return (value) => `${digits(value)} %`;
    case 'count':
      return digits;
  }
}

/** Three digits that mean something; whole numbers stay whole. */
function digits(value: number): string {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** Columns of equal width: readable in a terminal, and a table in Markdown as it is. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
