/** `gossip cluster rotate-key`: exchanges the operator's own key. */
import { Flags } from '@oclif/core';
import { rotateKey } from '../../operator/cluster/rotate-key.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag } from '../terminal/flags.ts';
import { givenPassphrase } from '../terminal/passphrase.ts';

export default class ClusterRotateKey extends BaseCommand {
  static override summary = "Exchange the operator's key for a new one, in every role that it has.";
  static override description = `Makes a key and a new version of the root, in which it stands where the old one stood, and lets gossip take that to every node. What the old key signed stays good, and it could sign deployments further on: this is for keys that nobody has stolen. Every node must run a version of the program that knows of later roots; if one does not, nothing is changed.

The new key is encrypted if GOSSIP_PASSPHRASE holds a passphrase. The old one is kept beside it, as operator.key.old. Where several root keys must sign, this command refuses.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'With a name for the key', command: '<%= config.bin %> <%= command.id %> --name ada' },
  ];
  static override flags = {
    name: Flags.string({ summary: 'What the key is called in the root, for people.', helpValue: 'NAME' }),
    cluster: clusterFlag,
  };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(ClusterRotateKey);
    return this.withCluster(flags.cluster, async ({ cluster, client, keyOwner }) => {
      const rotated = await rotateKey(cluster, {
        client,
        owner: keyOwner,
        passphrase: givenPassphrase(),
        name: flags.name,
        now: Date.now(),
      });
      const { root, before, after, roles, node, old } = rotated;
      this.say(`Root ${root.root.version} of '${cluster.name}' (${root.cluster.slice(0, 12)}) entered at ${node}`);
      this.say(`Key ${before.slice(0, 12)} -> ${after.slice(0, 12)}, for ${roles.join(', ')}`);
      this.remark(`The old key is kept in ${old}. If somebody else may have it, it can still deploy: keep it away from everybody.`);
      this.remark("Copy the cluster's directory to its safe place again. Who holds the root: gossip cluster show");
      return { cluster: cluster.name, clusterId: root.cluster, version: root.root.version, before, after, roles, node, old };
    });
  }
}
