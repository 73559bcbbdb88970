/** `gossip node identity`: the id of a data directory, needed to name rendezvous nodes before a cluster exists. */
import { Flags } from '@oclif/core';
import { identityIn } from '../../operator/cluster/one-node-cluster.ts';
import { BaseCommand } from '../terminal/base-command.ts';

export default class NodeIdentity extends BaseCommand {
  static override summary = "Print a node's id, making its key when there is none.";
  static override description =
    'A node is known by the hash of its public key. Rendezvous nodes are named by address and id in the root of a cluster, so their ids are needed before the cluster is made.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data /var/lib/gossip',
    {
      description: 'Name two rendezvous nodes',
      command: '<%= config.bin %> cluster init --rendezvous a=10.0.0.1:7946=ID_OF_A --rendezvous b=10.0.0.2:7946=ID_OF_B',
    },
  ];
  static override flags = {
    data: Flags.string({ summary: "The node's data directory.", helpValue: 'DIR', env: 'GOSSIP_DATA', required: true }),
  };

  override async run() {
    const { flags } = await this.parse(NodeIdentity);
    const id = await identityIn(flags.data);
    this.say(id);
    return { id, data: flags.data };
  }
}
