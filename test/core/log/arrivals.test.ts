/** What a node keeps of how deployments came to it. */
import { expect, test } from 'vitest';
import { parseNodeStatus } from '../../../src/api/status.ts';
import { Arrivals, KEPT_IN_ALL, KEPT_OF_MODULE } from '../../../src/core/log/arrivals.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import type { VerifiedDeployment } from '../../../src/model/deployment.ts';
import { code, peer, record } from '../../support/records.ts';
import { nodeStatus } from '../../operator/paper-node.ts';

const accepted = (of: VerifiedDeployment) => ({ event: 'deployment-accepted', record: of, via: 'rumor', from: peer(2).id }) as const;
const membership = 'membership' as ModuleName;

test('from whom the record and the code came, and when it first ran, each once', () => {
  const arrivals = new Arrivals();
  arrivals.noted(accepted(record(1)), 1_000);
  arrivals.noted({ event: 'code-fetched', module: membership, code: code('code1'), from: peer(3).id }, 1_200);
  for (const at of [1_500, 1_900])
    arrivals.noted({ event: 'module-state', module: membership, deployment: 'd1', state: 'running', why: null }, at);
  arrivals.noted({ event: 'deployment-accepted', record: record(2, { code: null }), via: 'injection', from: null }, 1_900);
  const first = { module: 'membership', deployment: 'd1', number: record(1).deployment.number, via: 'rumor', from: peer(2).id };
  const told = arrivals.status(2_000);
  expect(told).toEqual([
    { ...first, acceptedMs: 1_000, code: { from: peer(3).id, fetchedMs: 800 }, runningMs: 500 },
    expect.objectContaining({ deployment: 'd2', via: 'injection', from: null, acceptedMs: 100, code: null, runningMs: null }),
  ]);
  // As operators' commands read it.
  const body = Buffer.from(JSON.stringify(nodeStatus(peer(1), [], { arrivals: told })));
  expect(parseNodeStatus(body).arrivals).toEqual(told);
});

test('the newest of each module are kept, in whatever order they came, and not too many of all', () => {
  const arrivals = new Arrivals();
  for (const sequence of [4, 5, 1, 2, 3]) arrivals.noted(accepted(record(sequence)), sequence);
  expect(arrivals.status(9).map(({ deployment }) => deployment)).toEqual(['d4', 'd5', 'd3']);
  expect(arrivals.status(9)).toHaveLength(KEPT_OF_MODULE);
  for (let sequence = 10; sequence < 10 + 2 * KEPT_IN_ALL; sequence += 1)
    arrivals.noted(accepted(record(sequence, { module: `m${sequence}` })), sequence);
  expect(arrivals.status(999)).toHaveLength(KEPT_IN_ALL);
  expect(arrivals.status(999, 'm137' as ModuleName).map(({ deployment }) => deployment)).toEqual(['d137']);
  expect(arrivals.status(999, membership)).toEqual([]);
});
