/**
 * Remembers the node that was named by its address, once all nodes that the operator knew have moved or are gone: the next command finds
 * the others through it.
 */
import type { NodeAddress, NodeApi } from './client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { anyNode, knownNodes } from './nodes.ts';
import type { Settings } from '../settings/settings.ts';

/** Of those that were noted one after the other; older ones give way. */
const MAX_NOTED = 8;

export interface Finding {
  readonly settings: Settings;
  readonly cluster: OperatorCluster;
  readonly client: NodeApi & { readonly identified: readonly NodeAddress[] };
}

/** `named` has shown that it is a member; whoever does not know it better would ask in vain for ever. */
export async function keepEntrance({ settings, cluster, client }: Finding, remark: (text: string) => void): Promise<void> {
  const named = client.identified.at(-1);
  if (named === undefined) return;
  const known = [...cluster.root.root.rendezvous, ...knownNodes(cluster)];
  if (known.some(({ id, address }) => id === named.id && address === named.address)) return;
  if (await anybodyAnswers(cluster, client)) return;
  const { id, address, name } = named;
  await settings.update(cluster.name, (entry) => ({
    ...entry,
    nodes: [...entry.nodes.filter((other) => other.id !== id).slice(1 - MAX_NOTED), { id, address, name }],
  }));
  remark(`No node answers where '${cluster.name}' had them, so ${address} is noted: the others are found through it from now on.`);
}

function anybodyAnswers(cluster: OperatorCluster, client: NodeApi): Promise<boolean> {
  return anyNode(cluster, client).then(
    () => true,
    () => false,
  );
}
