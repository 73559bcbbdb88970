/** A vitest reporter that ends with the table of faults: what was injected, how often, what came of it, and what was measured. */
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { Figure } from '../test/faults/fault.ts';

const ROW = /^row (\d+)\S*: (.*)$/;

export class FaultReporter implements Reporter {
  /** What came of each fault, once all are injected. */
  rows: readonly FaultRow[] = [];

  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases = modules.flatMap((module) => [...module.children.allTests()]);
    this.rows = cases.toSorted((a, b) => rowOf(a) - rowOf(b) || a.name.localeCompare(b.name)).map(lines);
    process.stdout.write(`\n${formatFaults(this.rows)}\n`);
  }
}

function rowOf({ name }: TestCase): number {
  return Number(ROW.exec(name)?.[1] ?? Infinity);
}

export interface FaultRow {
  readonly row: string;
  readonly fault: string;
  readonly injected: string;
  readonly outcome: string;
  readonly measured: readonly string[];
}

function lines(test: TestCase): FaultRow {
  const result = test.result();
  const [, row = '', fault = test.name] = ROW.exec(test.name) ?? [];
  const found = test.meta().fault;
  const reason = result.state === 'skipped' ? `: ${result.note ?? ''}` : '';
  return {
    row,
    fault,
    injected: result.state === 'skipped' ? '-' : String(found?.injected ?? 0),
    outcome: result.state === 'passed' ? (found?.outcome ?? '') : `${result.state.toUpperCase()}${reason}`,
    measured: (found?.figures ?? []).map(formatFigure),
  };
}

function formatFigure({ name, unit, values, goal }: Figure): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  const spread = sorted.length === 1 ? `${at(1)}` : `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`;
  const judged = goal === undefined ? '' : at(1) <= goal ? ` (goal ${goal}: met)` : ` (goal ${goal}: MISSED)`;
  return `${name}: ${spread} ${unit}${judged}`;
}

export function formatFaults(rows: readonly FaultRow[]): string {
  const head: FaultRow = { row: 'row', fault: 'fault', injected: 'times', outcome: 'outcome', measured: [] };
  const all = [head, ...rows];
  const width = (cell: (row: FaultRow) => string): number => Math.max(...all.map((row) => cell(row).length));
  const [fault, outcome] = [width((row) => row.fault), width((row) => row.outcome)];
  return all
    .flatMap((row) => [
      `${row.row.padStart(3)}  ${row.fault.padEnd(fault)}  ${row.injected.padStart(5)}  ${row.outcome.padEnd(outcome)}`.trimEnd(),
      ...row.measured.map((figure) => `       ${figure}`),
    ])
    .join('\n');
}

const HEAD = ['| row | fault | times | outcome | measured |', '|---|---|---|---|---|'];

/** A table in Markdown with these rows, and those of `table` that none of them replaces. */
export function withLines(table: string, rows: readonly FaultRow[]): string {
  const kept = new Map(
    table
      .split('\n')
      .slice(HEAD.length)
      .map((line) => [keyOf(line), line]),
  );
  for (const { row, fault, injected, outcome, measured } of rows) {
    const line = `| ${row} | ${fault} | ${injected} | ${outcome} | ${measured.join('<br>')} |`;
    kept.set(keyOf(line), line);
  }
  const inOrder = [...kept.values()].filter((line) => line !== '').sort((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));
  return [...HEAD, ...inOrder].join('\n');
}

/** The row and the fault. */
function keyOf(line: string): string {
  return line.split('|').slice(1, 3).join('|');
}

function numberOf(line: string): number {
  return Number(line.split('|')[1]);
}
