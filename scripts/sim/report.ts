/** The table of a simulation: row of the table of faults, scenario, size, runs, and rounds beside the goal. */
import type { Scenario } from '../../src/sim/scenarios/scenario.ts';
import type { Simulation } from '../../src/sim/play/simulate.ts';
import type { Outcome } from './play.ts';

const HEAD = ['row', 'scenario', 'n', 'runs', 'goal', 'known p50', 'p99', 'max', 'running p50', 'p99', 'max', 'violations'] as const;
const NAME_COLUMN = 1;
const SIZE_COLUMN = HEAD.indexOf('n');
const RUNS_COLUMN = HEAD.indexOf('runs');
const VIOLATIONS_COLUMN = HEAD.indexOf('violations');

export class Report {
  readonly #scenarios: readonly Scenario[];
  readonly #groups = new Map<string, Group>();
  runs = 0;
  violations = 0;

  constructor(scenarios: readonly Scenario[]) {
    this.#scenarios = scenarios;
  }

  add({ run: { scenario: name, nodes }, result }: Outcome): void {
    const scenario = this.#scenarios.find((each) => each.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario '${name}' in this report`);
    const key = `${name} ${nodes}`;
    const group = this.#groups.get(key) ?? { scenario, nodes, done: [], broken: 0 };
    this.#groups.set(key, group);
    this.runs += 1;
    if ('broken' in result) {
      group.broken += 1;
      this.violations += 1;
    } else group.done.push(result);
  }

  /** Ordered as the scenarios are, smaller sizes first. */
  rows(): string[][] {
    const place = ({ scenario }: Group): number => this.#scenarios.indexOf(scenario);
    return [...this.#groups.values()].toSorted((a, b) => place(a) - place(b) || a.nodes - b.nodes).map(cells);
  }

  text(): string {
    const rows = [[...HEAD], ...this.rows()];
    const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const pad = (cell: string, column: number): string =>
      column === NAME_COLUMN ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
    return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
  }

  /** With the rows of `before` that this run has not played again; those of scenarios that are no more are left out. */
  markdown(before = ''): string {
    const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
    const rule = HEAD.map((_, column) => (column === NAME_COLUMN ? '---' : '---:'));
    const rows = new Map([...parseRows(before), ...this.rows()].map((row) => [keyOf(row), row]));
    const place = (row: readonly string[]): number => this.#scenarios.findIndex(({ name }) => name === row[NAME_COLUMN]);
    const known = [...rows.values()].filter((row) => place(row) !== -1);
    const inOrder = known.toSorted((a, b) => place(a) - place(b) || Number(a[SIZE_COLUMN]) - Number(b[SIZE_COLUMN]));
    const sum = (column: number): number => inOrder.reduce((total, row) => total + Number(row[column]), 0);
    return `${[HEAD, rule, ...inOrder].map(line).join('\n')}\n\nIn all ${sum(RUNS_COLUMN)} runs, ${sum(VIOLATIONS_COLUMN)} violations.`;
  }
}

interface Group {
  readonly scenario: Scenario;
  readonly nodes: number;
  readonly done: Simulation[];
  broken: number;
}

function cells({ scenario: { name, row, goal }, nodes, done, broken }: Group): string[] {
  const [known, running] = [done.map((each) => each.known), done.map((each) => each.running)];
  const runs = done.length + broken;
  return [
    String(row ?? '-'),
    name,
    String(nodes),
    String(runs),
    String(goal(nodes)),
    ...figures(known),
    ...figures(running),
    String(broken),
  ];
}

function figures(rounds: readonly number[]): string[] {
  const sorted = rounds.toSorted((a, b) => a - b);
  return [0.5, 0.99, 1].map((share) => sorted[Math.ceil(share * sorted.length) - 1]?.toFixed(1) ?? '-');
}

/** The cells of a table in Markdown, without its head. */
function parseRows(markdown: string): string[][] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  const cellsOf = (line: string): string[] =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
  return lines
    .slice(2)
    .map(cellsOf)
    .filter(({ length }) => length === HEAD.length);
}

function keyOf(row: readonly string[]): string {
  return `${row[NAME_COLUMN]} ${row[SIZE_COLUMN]}`;
}
