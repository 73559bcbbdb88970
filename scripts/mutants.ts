/**
 * Breaks the lines of defence one at a time, each in a scratch copy, and shows that a named test turns red (docs/mutants.md):
 * `npm run mutants -- [--only TEXT]… [--list] [--report]`.
 */
import type { Mutant } from '../test/mutants/mutant.ts';
import { MUTANTS } from '../test/mutants/mutants.ts';
import { testFileOf } from '../test/mutants/test-file.ts';
import { faultOfTest, judge } from './mutants/judge.ts';
import type { Judgement } from './mutants/judge.ts';
import { TEST_TIMEOUT_MS, Workshop } from './mutants/workshop.ts';
import { readOptions, wrongUsage } from './options.ts';
import { writeReport } from './report.ts';

/** One for each of two cores. */
const AT_A_TIME = 2;

interface Tried {
  readonly mutant: Mutant;
  readonly judgement: Judgement;
  readonly seconds: number;
}

const { values } = readOptions({
  usage: 'npm run mutants -- [OPTION]…: breaks the lines of defence one at a time, and shows that a test notices.',
  options: {
    only: {
      type: 'string',
      multiple: true,
      value: 'TEXT',
      help: 'Mutants with this in their name, or of this law or row; may be repeated.',
    },
    list: { type: 'boolean', default: false, help: 'Names them, and breaks nothing.' },
    report: { type: 'boolean', default: false, help: 'Writes the table into docs/reports/mutants.md.' },
  },
});

const chosen = MUTANTS.filter(isChosen);
if (chosen.length === 0) wrongUsage(`no mutant holds '${values.only?.join("' or '")}' in its name, law or row: --list names them`);
if (values.list) for (const mutant of chosen) say(line(mutant, ''));
else process.exitCode = await main();

function isChosen({ name, breaks }: Mutant): boolean {
  return values.only === undefined || values.only.some((text) => name.includes(text) || breaks.split(', ').includes(text));
}

/** Leaves through the front door, so that the scratch copies go too. */
function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
}

async function main(): Promise<number> {
  endOnSignals();
  const startedAt = performance.now();
  if (!(await testsAreGreen())) return 1;
  const queue = [...chosen];
  const tried = (await Promise.all(Array.from({ length: AT_A_TIME }, () => work(queue)))).flat();
  const survivors = tried.filter(({ judgement }) => !judgement.caught);
  if (values.report) await writeReport('docs/reports/mutants.md', 'mutants', markdown(tried));
  say(`\n${tried.length - survivors.length} of ${tried.length} mutants caught in ${Math.round(secondsSince(startedAt))} s`);
  for (const { mutant } of survivors) say(`\nNOT CAUGHT: ${mutant.name} (${mutant.breaks})\n${advice(mutant)}`);
  return survivors.length === 0 ? 0 : 1;
}

/** On an unbroken copy: a test that is red by itself proves nothing. */
async function testsAreGreen(): Promise<boolean> {
  say(`the tests of ${chosen.length} mutants, with nothing broken …`);
  const workshop = await Workshop.open(AT_A_TIME);
  const files = [...new Set(chosen.map(testFileOf))];
  const names = [...new Set(chosen.map(({ test }) => test.name))];
  const run = await workshop.run({ files, names, testTimeoutMs: TEST_TIMEOUT_MS });
  await workshop.close();
  const faults = chosen.flatMap((mutant) => {
    const file = testFileOf(mutant);
    const fault = faultOfTest(mutant, { ...run, tests: run.tests.filter((test) => test.file === file) });
    return fault === null ? [] : [`${mutant.name}: ${file}: ${fault}`];
  });
  for (const fault of [...run.broken, ...faults]) say(`  ${fault}`);
  say(faults.length === 0 ? `all green: ${run.tests.filter(({ state }) => state === 'passed').length} tests\n` : 'mend these first');
  return faults.length === 0;
}

/** Tries mutants from the queue, one after the other, until it is empty. */
async function work(queue: Mutant[]): Promise<Tried[]> {
  const tried: Tried[] = [];
  const workshop = await Workshop.open(1);
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const startedAt = performance.now();
      const judgement = judge(mutant, await workshop.tryMutant(mutant));
      const seconds = secondsSince(startedAt);
      say(line(mutant, judgement.caught ? `✓ ${seconds.toFixed(1)} s, ${judgement.by}` : `✗ ${judgement.why}`));
      tried.push({ mutant, judgement, seconds });
    }
  } finally {
    await workshop.close();
  }
  return tried;
}

function line(mutant: Mutant, outcome: string): string {
  return `${mutant.breaks.padEnd(14)} ${mutant.name.padEnd(62)} ${testFileOf(mutant).padEnd(46)} ${outcome}`.trimEnd();
}

function markdown(tried: readonly Tried[]): string {
  const inOrder = tried.toSorted((a, b) => MUTANTS.indexOf(a.mutant) - MUTANTS.indexOf(b.mutant));
  const rows = inOrder.map(({ mutant, judgement, seconds }) => {
    const outcome = judgement.caught ? `${seconds.toFixed(1)} s` : 'NOT CAUGHT';
    const file = testFileOf(mutant).replace(/^test\/(.*)\.test\.ts$/, '$1');
    return `| ${mutant.breaks} | ${mutant.name} | \`${file}\` | ${outcome} |`;
  });
  return ['| law, attack | broken | caught by, in `test/` | in |', '|---|---|---|---|', ...rows].join('\n');
}

function advice(mutant: Mutant): string {
  const where = mutant.edits.map((edit) => ('in' in edit ? edit.in : edit.file)).join(' and ');
  return (
    `  Without this defence in ${where}, '${mutant.test.name}' in ${testFileOf(mutant)} notices nothing. Write the test that does;\n` +
    `  or, where another defence stands behind this one, break both together, or drop the one that nobody needs.`
  );
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
