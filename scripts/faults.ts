/**
 * Injects every fault into real nodes, one after the other, and prints what came of it: `npm run faults -- [ROW…] [--report]`.
 * The tests are those of test/faults, here with the full number of injections and with the long ones. `--report` also writes
 * what came of them into docs/reports/faults.md, in the place of what stands there of the same rows.
 */
import { startVitest } from 'vitest/node';
import { SHARED } from '../vitest.config.ts';
import { FaultReporter, withLines } from './fault-reporter.ts';
import { readOptions } from './options.ts';
import { readReport, writeReport } from './report.ts';

const { positionals: rows, values } = readOptions({
  usage: 'npm run faults -- [ROW]… [OPTION]…: injects every fault of docs/faults.md, or those of these rows, into real nodes.',
  allowPositionals: true,
  options: { report: { type: 'boolean', default: false, help: 'Writes what came of them into docs/reports/faults.md.' } },
});
const chosen = rows.map((row) => `test/faults/row-${row.padStart(2, '0')}`);

const faults = new FaultReporter();
const vitest = await startVitest('test', chosen, {
  ...SHARED,
  config: false,
  watch: false,
  include: ['test/faults/row-*.test.ts', 'test/faults/row-*.fault.ts'],
  // One fault at a time: each measures what the others would disturb.
  fileParallelism: false,
  provide: { everyFault: true },
  reporters: ['default', faults],
});
await vitest.close();
if (values.report)
  await writeReport('docs/reports/faults.md', 'faults', withLines(await readReport('docs/reports/faults.md', 'faults'), faults.rows));
