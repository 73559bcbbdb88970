/** Whom a node refuses stands in its log, and a stranger that is refused without end does not fill it. */
import { expect, test } from 'vitest';
import { RefusalLog } from '../../../src/core/admission/refusal-log.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { peer } from '../../support/records.ts';

test('each refusal is told with who and why, at a bounded rate, and what was not told is counted', () => {
  const lines: Record<string, unknown>[] = [];
  const clock = { now: 0 };
  const refusals = new RefusalLog({ warn: (fields: Record<string, unknown>) => void lines.push(fields) } as never, () => clock.now);
  const expired = new GossipError('GOSSIP_E_TOKEN_EXPIRED', 'the token\nhas expired');
  for (let time = 0; time < 1_000; time += 1) refusals.tell(peer(2).id, expired);
  expect(lines).toHaveLength(10);
  expect(lines[0]).toMatchObject({ id: peer(2).id, code: 'GOSSIP_E_TOKEN_EXPIRED' });
  expect(String(lines[0]?.error)).not.toContain('\n');
  clock.now += 10_000;
  refusals.tell(peer(3).id, expired);
  expect(lines.at(-1)).toMatchObject({ id: peer(3).id, untold: 990 });
});
