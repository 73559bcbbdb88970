/**
 * Plays simulated scenarios on all cores and says how many gossip rounds they took, beside the goal:
 * `npm run sim -- [--seeds RUNS] [--first-seed N] [--scenario NAME] [--nodes N] [--jobs N] [--report]`, or one run:
 * `npm run sim -- --scenario NAME --seed N [--nodes N] [--trace]`.
 */
import { availableParallelism } from 'node:os';
import { SCENARIOS } from '../src/sim/scenarios/scenarios.ts';
import { DEFAULT_NODES } from '../src/sim/play/simulate.ts';
import { readOptions, wholeNumber, wrongUsage } from './options.ts';
import { playAll } from './sim/crew.ts';
import { readReport, writeReport } from './report.ts';
import { playRun } from './sim/play.ts';
import type { Outcome } from './sim/play.ts';
import { Report } from './sim/report.ts';
import { planRuns, SIZES } from './sim/runs.ts';

const { values } = readOptions({
  usage: 'npm run sim -- [OPTION]…: plays simulated scenarios, and says how many gossip rounds they took, beside the goal.',
  options: {
    scenario: { type: 'string', value: 'NAME', help: 'One scenario only, of those in src/sim/scenarios/scenarios.ts.' },
    seeds: { type: 'string', default: '500', value: 'RUNS', help: 'How many runs in all, shared by the scenarios and sizes.' },
    'first-seed': { type: 'string', value: 'N', help: 'Where the seeds of the runs begin; not with --seed. Default 1.' },
    seed: { type: 'string', value: 'N', help: 'One seed only, in this thread.' },
    nodes: { type: 'string', value: 'N', help: 'One size only; at least 3.' },
    jobs: { type: 'string', default: String(availableParallelism()), value: 'N', help: 'How many runs at a time.' },
    report: {
      type: 'boolean',
      default: false,
      help: 'Writes the table into docs/reports/simulator.md, in the place of what stands there of the same scenarios and sizes.',
    },
    trace: { type: 'boolean', default: false, help: 'With --seed: shows every event.' },
  },
});

const scenarios = SCENARIOS.filter(({ name }) => values.scenario === undefined || name === values.scenario);
if (scenarios.length === 0) wrongUsage(`no scenario '${values.scenario}': choose from ${SCENARIOS.map(({ name }) => name).join(', ')}`);
if (values.seed !== undefined && values['first-seed'] !== undefined) wrongUsage('--seed is one seed, --first-seed the first of many');
const sizes = values.nodes === undefined ? SIZES : [wholeNumber('nodes', values.nodes, 3)];
const report = new Report(SCENARIOS);

if (values.seed === undefined) await playMany();
else await playOne(wholeNumber('seed', values.seed, 0));
if (report.violations > 0) process.exitCode = 1;

/** One seed, in this thread, so that its events can be shown. */
async function playOne(seed: number): Promise<void> {
  const nodes = values.nodes === undefined ? DEFAULT_NODES : wholeNumber('nodes', values.nodes, 3);
  for (const { name } of scenarios) {
    const outcome = await playRun({ scenario: name, nodes, seed }, values.trace ? print : undefined);
    hear(outcome);
    if (values.trace && 'events' in outcome.result) print(`${outcome.result.events} events, fingerprint ${outcome.result.fingerprint}`);
  }
  print(report.text());
}

async function playMany(): Promise<void> {
  const runs = planRuns(scenarios, sizes, wholeNumber('seeds', values.seeds, 1), wholeNumber('first-seed', values['first-seed'] ?? '1', 0));
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  const startedAt = performance.now();
  const heard = (outcome: Outcome): void => {
    hear(outcome);
    progress(`${report.runs} of ${runs.length} runs, ${violations()}`);
  };
  const threads = wholeNumber('jobs', values.jobs, 1);
  await playAll({ runs, threads, heard, signal: interruption.signal });
  process.off('SIGINT', interrupt);
  progress('');
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const summary = `${report.runs} of ${runs.length} runs, ${violations()}, ${seconds} s in ${threads} threads`;
  print(`${report.text()}\n\n${summary}`);
  if (interruption.signal.aborted) {
    process.exitCode = 130;
    return print('Interrupted: this is what was known by then.');
  }
  if (values.report)
    await writeReport('docs/reports/simulator.md', 'report', report.markdown(await readReport('docs/reports/simulator.md', 'report')));
}

function violations(): string {
  return `${report.violations} violation${report.violations === 1 ? '' : 's'}`;
}

function hear(outcome: Outcome): void {
  report.add(outcome);
  if ('broken' in outcome.result) {
    progress('');
    process.stderr.write(`${outcome.result.broken}\n`);
  }
}

/** One line that is written over, on terminals only. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${line}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
