/** The modules of nodes elsewhere, by the warrant of an operator's key. */
import { Gossip } from '../../client/index.ts';
import { makeWarrant } from '../../trust/warrant.ts';
import type { NodeAddress } from '../client/client.ts';
import { openOperatorKey } from '../cluster/clusters.ts';
import type { Session } from '../settings/session.ts';

/** How this operator reaches the modules of any node; asks for the passphrase of a key that has one. */
export async function moduleAccess({ cluster, client, keyOwner }: Session): Promise<(node: NodeAddress) => Gossip> {
  const warrant = makeWarrant(cluster.root, cluster.identity.id, await openOperatorKey(cluster, keyOwner));
  return (node) => new Gossip(client.modules(node, warrant));
}
