/**
 * Plays simulated scenarios and says how many gossip rounds they took, beside the goal:
 * `npm run sim -- [--scenario NAME] [--seeds N | --seed N] [--nodes N] [--trace]`.
 */
import { parseArgs } from 'node:util';
import type { Scenario } from '../src/sim/scenario.ts';
import { SCENARIOS } from '../src/sim/scenarios.ts';
import { DEFAULT_NODES, simulate } from '../src/sim/simulate.ts';
import type { Simulation } from '../src/sim/simulate.ts';

const DEFAULT_SEEDS = 20;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    /** How many seeds of each scenario, from 1 on. */
    seeds: { type: 'string', default: String(DEFAULT_SEEDS) },
    /** One seed only. */
    seed: { type: 'string' },
    nodes: { type: 'string', default: String(DEFAULT_NODES) },
    /** Shows every event. */
    trace: { type: 'boolean', default: false },
  },
});

const scenarios = SCENARIOS.filter(({ name }) => values.scenario === undefined || name === values.scenario);
if (scenarios.length === 0) usage(`no scenario '${values.scenario}': choose from ${SCENARIOS.map(({ name }) => name).join(', ')}`);
const nodes = count('nodes', values.nodes, 3);
const seeds = values.seed === undefined ? range(count('seeds', values.seeds, 1)) : [count('seed', values.seed, 0)];

print(row('scenario', ['seeds', 'goal', 'known p50', 'p99', 'max', 'running p50', 'p99', 'max']));
for (const scenario of scenarios) await play(scenario);

/** All seeds of one scenario, and its line of the table. */
async function play(scenario: Scenario): Promise<void> {
  const done: Simulation[] = [];
  for (const seed of seeds) {
    try {
      done.push(await simulate({ scenario, seed, nodes, ...(values.trace && { show: print }) }));
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  const [known, running] = [done.map((each) => each.known), done.map((each) => each.running)];
  print(row(scenario.name, [`${done.length}/${seeds.length}`, String(scenario.goal(nodes)), ...figures(known), ...figures(running)]));
  const [only] = done;
  if (values.trace && only !== undefined) print(`${only.events} events, fingerprint ${only.fingerprint}`);
}

function figures(rounds: readonly number[]): string[] {
  const sorted = rounds.toSorted((a, b) => a - b);
  const at = (share: number): string => sorted[Math.ceil(share * sorted.length) - 1]?.toFixed(1) ?? '-';
  return [at(0.5), at(0.99), at(1)];
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(12) + cells.map((cell) => cell.padStart(12)).join('');
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index + 1);
}

function count(option: string, text: string, min: number): number {
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= min ? number : usage(`--${option} must be a whole number of at least ${min}`);
}

function usage(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(2);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
