/**
 * Measures the program on this machine, in real labs: `npm run bench -- [--quick] [--only NAME[,NAME]…] [--peers] [--out DIR] [--report]`. Writes the samples as JSON,
 * a report with tables, and plots.
 */
import { BENCHES } from '../bench/measures/all.ts';
import { chosen } from '../bench/harness/choice.ts';
import { readOptions, wrongUsage } from './options.ts';

const { values } = readOptions({
  usage: 'npm run bench -- [OPTION]…: measures the program on this machine, in real labs. All of it may take an hour.',
  options: {
    quick: { type: 'boolean', default: false, help: 'Few nodes and few samples: a few minutes.' },
    only: { type: 'string', value: 'NAME[,NAME]', help: 'These benches only; --list shows them.' },
    out: {
      type: 'string',
      value: 'DIR',
      help: 'Where to write; what is there of other benches stays. By default a new temporary directory, which is named in the end.',
    },
    list: { type: 'boolean', default: false, help: 'Shows the benches, and measures nothing.' },
    peers: {
      type: 'boolean',
      default: false,
      help: 'Also fetches and measures what operators use instead: Serf, rsync with restart, PM2.',
    },
    report: {
      type: 'boolean',
      default: false,
      help: "Writes docs/reports/bench.md, its plots and the README's table, in the place of what stands there of the same benches; not with --quick.",
    },
  },
});

const benches = chosen(BENCHES, { only: values.only, apart: values.peers });
if (typeof benches === 'string') wrongUsage(benches);
if (values.report && values.quick) wrongUsage('--report takes the full run, not --quick');
if (values.report && values.out !== undefined) wrongUsage('--report writes into docs/reports, --out elsewhere: choose one');
if (values.out === '') wrongUsage('--out takes a directory');

if (values.list) {
  const width = Math.max(...BENCHES.map(({ name }) => name.length));
  for (const { name, summary } of BENCHES) process.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
} else {
  // Only now: they bring in the built program, which --help and --list do without.
  const { directoryTarget, projectTarget } = await import('../bench/report/files.ts');
  const { measure } = await import('../bench/harness/measure.ts');
  const unwritable = ({ code, message }: NodeJS.ErrnoException): never =>
    wrongUsage(`--out: ${code === undefined ? message : `nothing can be written to ${values.out} (${code})`}`);
  const target = values.report ? await projectTarget() : await directoryTarget(values.out).catch(unwritable);
  process.exitCode = await measure({ benches, quick: values.quick, target, order: BENCHES.map(({ name }) => name) });
}
