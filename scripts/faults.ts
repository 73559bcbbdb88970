/**
 * Injects every fault into real nodes, one after the other, and prints what came of it: `npm run faults -- [ROW…]`.
 * The tests are those of test/faults, here with the full number of injections and with the long ones.
 */
import { startVitest } from 'vitest/node';
import { FaultReporter } from './fault-reporter.ts';

const rows = process.argv.slice(2);
const chosen = rows.map((row) => `test/faults/row-${row.padStart(2, '0')}`);

const vitest = await startVitest('test', chosen, {
  watch: false,
  include: ['test/faults/**/*.test.ts', 'test/faults/**/*.fault.ts'],
  // One fault at a time: each measures what the others would disturb.
  fileParallelism: false,
  provide: { everyFault: true },
  reporters: ['default', new FaultReporter()],
});
await vitest.close();
