/** Looks at the whole cluster again and again; a node that did not answer last time holds up the next look only for a moment. */
import { GossipError } from '../../model/errors.ts';
import type { NodeId } from '../../model/names.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import type { Gathered } from './gather.ts';
import { gatherCluster } from '../client/nodes.ts';

/** For a node that was silent before. */
const AGAIN_MS = 1_000;
/** One look, whoever answers. */
const LOOK_MS = 5_000;

export function watchCluster(
  cluster: Pick<OperatorCluster, 'nodes' | 'root'>,
  api: Pick<NodeApi, 'status'>,
  first: readonly NodeAddress[],
  ends: AbortSignal,
): (withinMs: number) => Promise<Gathered> {
  let silent: ReadonlySet<NodeId> = new Set();
  const patient: Pick<NodeApi, 'status'> = {
    status: (node) => (silent.has(node.id) ? inTime(api.status(node), node) : api.status(node)),
  };
  return async (withinMs) => {
    const signal = AbortSignal.any([ends, AbortSignal.timeout(Math.ceil(Math.max(1, Math.min(withinMs, LOOK_MS))))]);
    const gathered = await gatherCluster(cluster, patient, { signal, first });
    silent = new Set(gathered.sightings.flatMap(({ node, answer }) => ('error' in answer ? [node.id] : [])));
    return gathered;
  };
}

function inTime<Result>(asked: Promise<Result>, { name, address }: NodeAddress): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new GossipError('GOSSIP_E_TIMEOUT', `cannot reach ${name || address}: it did not answer in time`)),
      AGAIN_MS,
    );
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
