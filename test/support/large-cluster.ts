/** A cluster on paper of a thousand nodes, some of which are not well. */
import { GossipError } from '../../src/model/errors.ts';
import type { Sample, Sighting } from '../../src/operator/status/gather.ts';
import { Records } from '../../src/operator/status/records.ts';
import { viewOf } from '../../src/operator/status/status.ts';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { moduleStatus, nodeStatus, root } from '../operator/paper-node.ts';
import { peer, record } from './records.ts';

export const D4 = record(4, { origin: peer(1).id });
export const D5 = record(5, { origin: peer(1).id });
const held = { code: 'GOSSIP_E_MODULE_STATE', message: 'the new version cannot read the state of the one before' } as const;
const newest = { newest: 'd5', newestNumber: D5.deployment.number };

/** What node `number` of them does: 1 to 3 hold, 4 to 6 do not answer, 7 and 8 are long gone, 9 is strained; all others are well. */
function sighting(number: number): Sighting {
  const node = peer(number);
  if (number >= 4 && number <= 8) {
    const error = new GossipError('GOSSIP_E_UNREACHABLE', `cannot reach ${node.name}: nothing listens there`);
    return { node, answer: { error }, ...(number >= 7 && { belief: 'gone', silentMs: 172_800_000 }) };
  }
  const module = number <= 3 ? moduleStatus(D4, { state: 'held', why: held, ...newest }) : moduleStatus(D5);
  const strain = { level: number === 9 ? 4 : 1, lateMs: number === 9 ? 320 : 0, timeouts: 0 };
  return { node, answer: { status: nodeStatus(node, [D4, D5], { modules: [module], strain }) } };
}

export function largeCluster(size: number, sample?: Sample): ClusterStatus {
  const sightings = Array.from({ length: size }, (_, index) => sighting(index + 1));
  const records = Records.of([D4, D5], new Map());
  const seen = { sightings, records, disbelieved: [], unasked: { count: 0, tellers: [] } };
  return viewOf({ name: 'paper', root }, { ...seen, ...(sample !== undefined && { sample }) });
}
