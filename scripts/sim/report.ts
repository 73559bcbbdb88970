/** The table of a simulation: row of the table of faults, scenario, size, runs, and rounds beside the goal. */
import type { Scenario } from '../../src/sim/scenario.ts';
import type { Simulation } from '../../src/sim/simulate.ts';
import type { Outcome } from './play.ts';

const HEAD = ['row', 'scenario', 'n', 'runs', 'goal', 'known p50', 'p99', 'max', 'running p50', 'p99', 'max', 'violations'] as const;
const NAME_COLUMN = 1;

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

  markdown(): string {
    const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
    const rule = HEAD.map((_, column) => (column === NAME_COLUMN ? '---' : '---:'));
    return [HEAD, rule, ...this.rows()].map(line).join('\n');
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
