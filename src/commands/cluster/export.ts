/** `gossip cluster export`: hands the cluster to another operator, without any key. */
import { Args } from '@oclif/core';
import { openCluster } from '../../operator/cluster/clusters.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { writeNamed } from '../../operator/files/written-file.ts';
import { encodeClusterFile } from '../../trust/cluster-file.ts';
import { tokenWay } from '../../operator/cluster/token-way.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag } from '../terminal/flags.ts';

export default class ClusterExport extends BaseCommand {
  static override summary =
    "Write the cluster's root to a file, for other operators to import, and for nodes that come without a token; no key is in it.";
  static override description =
    "Nothing in the file is secret, but whoever imports it trusts it: pass the cluster's id on by another way. To ask nodes, the other operator needs a join token too, which is a secret: 'gossip cluster join-token'. A node that is let in by its id takes the file as gossip node run --root.";
  static override examples = ['<%= config.bin %> <%= command.id %> production.cluster'];
  static override args = { file: Args.string({ description: 'Where to write.', required: true }) };
  static override flags = { cluster: clusterFlag };

  override async run() {
    const { args, flags } = await this.parse(ClusterExport);
    const cluster = await openCluster(openSettings(), flags.cluster);
    await writeNamed(args.file, Buffer.from(encodeClusterFile(cluster)));
    this.say(`Wrote '${cluster.name}' (${cluster.root.cluster}) to ${args.file}.`);
    this.say(`Next, for a token with which the other operator may ask nodes: ${tokenWay(cluster.root)} > gossip.token`);
    this.say(`Then, where the other operator works, with both files: gossip cluster import ${args.file} --join @gossip.token`);
    return { name: cluster.name, cluster: cluster.root.cluster, file: args.file };
  }
}
