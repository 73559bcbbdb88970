/** What commands say of a recovery that they have carried out. */
import { deploymentName } from '../../model/deployment.ts';
import { tokenWay } from '../../operator/cluster/token-way.ts';
import type { Recovered } from '../../operator/cluster/recovery/carry-out.ts';

export function recoveredText(clusterName: string, { root, records, node }: Recovered): string {
  return `Root ${root.root.version} of '${clusterName}' (${root.cluster.slice(0, 12)}), trust epoch ${root.root.epoch}, entered at ${node} with ${records.length === 1 ? '1 deployment' : `${records.length} deployments`}`;
}

/** What is to be done next. */
export function recoveredRemarks({ old, root }: Pick<Recovered, 'old' | 'root'>): string[] {
  return [
    ...(old === null
      ? []
      : [`Your old key is kept in ${old}; it signs nothing any more. Copy the cluster's directory to its safe place again.`]),
    `Join tokens of before admit nobody new any more: make others with ${tokenWay(root)}.`,
    'Who holds the root: gossip cluster show; who runs what: gossip status. Other operators take it over with gossip cluster show.',
  ];
}

/** What `--json` tells. */
export function recoveredJson({ root, records, node, old }: Recovered) {
  const deployments = records.map((record) => ({ module: record.deployment.module, deployment: deploymentName(record.deployment) }));
  return { version: root.root.version, epoch: root.root.epoch, hash: root.hash, node, deployments, old };
}
