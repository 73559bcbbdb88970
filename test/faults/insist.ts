/** An operator whose requests are lost, too: whoever deploys tries again, and finds what the last try left. */
import type { TestLab } from '../support/lab.ts';
import { until } from '../support/gossip.ts';
import type { Printed } from '../support/gossip.ts';

/** The JSON of a command, once it succeeds. */
export function insist<Json = Printed>(lab: TestLab, ...args: readonly string[]): Promise<Json> {
  return until(`'gossip ${args.join(' ')}' succeeds`, async () => {
    const { code, json } = await lab.run<Json>(...args, '--json');
    return code === 0 && json;
  });
}
