/** An operator whose requests are lost, too: whoever deploys tries again, and finds what the last try left. */
import type { TestLab } from '../support/lab.ts';
import { until } from '../support/gossip.ts';
import type { Printed } from '../support/gossip.ts';
import { WAIT_MS } from './fault.ts';

/** The JSON of a command, once it succeeds. */
export async function insist<Json = Printed>(lab: TestLab, ...args: readonly string[]): Promise<Json> {
  const ends = new Map<string, number>();
  const once = async (): Promise<Json | false> => {
    const { code, json } = await lab.run<Json>(...args, '--json');
    if (code !== 0) ends.set(JSON.stringify(json), (ends.get(JSON.stringify(json)) ?? 0) + 1);
    return code === 0 && json;
  };
  return until(`'gossip ${args.join(' ')}' succeeds`, once, { deadlineMs: WAIT_MS }).catch((cause: unknown) => {
    const tries = [...ends].map(([end, times]) => `${times} times ${end}`);
    throw new Error(`${(cause as Error).message}; it ended ${tries.join(', ')}`, { cause });
  });
}
