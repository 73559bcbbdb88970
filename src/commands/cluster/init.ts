/** `gossip cluster init`: the operator's key and the root of a new cluster. */
import { Flags } from '@oclif/core';
import type { Peer } from '../../model/names.ts';
import { initCluster } from '../../operator/cluster/clusters.ts';
import { parseRendezvousNodes } from '../../operator/cluster/rendezvous.ts';
import { openInstead } from '../../operator/cluster/signs-instead.ts';
import { readPublicKey } from '../../operator/cluster/public-key.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterNameFlag, countFlag, signerFlag } from '../terminal/flags.ts';
import { givenPassphrase } from '../terminal/passphrase.ts';

export default class ClusterInit extends BaseCommand {
  static override summary = "Make a cluster: the operator's key, and the root that names the rendezvous nodes.";
  static override description = `The key is written with mode 0600, and encrypted when GOSSIP_PASSPHRASE is set. It never needs to lie on a node. With --signer, or GOSSIP_KEY_FILE, the key is one that is there already, and none is made. Rendezvous nodes are named by address and id; 'gossip node identity' prints the id of a machine before it runs a node.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --name production --rendezvous rendezvous1=10.0.0.1:7946=ID --rendezvous rendezvous2=10.0.0.2:7946=ID',
    {
      description: 'Two operators, both of whom must sign',
      command: '<%= config.bin %> <%= command.id %> --rendezvous rendezvous1=10.0.0.1:7946=ID --deployer bob.pub --deploy-threshold 2',
    },
    {
      description: 'With an encrypted key',
      command: 'GOSSIP_PASSPHRASE=… <%= config.bin %> <%= command.id %> --rendezvous rendezvous1=10.0.0.1:7946=ID',
    },
  ];
  static override flags = {
    name: clusterNameFlag({ summary: 'Name of the cluster, in the settings and in the root.', default: 'default' }),
    rendezvous: Flags.string({
      summary: 'A rendezvous node: name, literal address and id. Repeatable; two or three are a good number.',
      helpValue: 'NAME=IP:PORT=ID',
      multiple: true,
      multipleNonGreedy: true,
      required: true,
    }),
    deployer: Flags.string({
      summary: 'Public key (PEM) of a further operator who may sign deployments. Repeatable.',
      helpValue: 'FILE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    signer: signerFlag,
    'deploy-threshold': countFlag({ summary: 'How many operators must sign a deployment.', helpValue: 'N', min: 1, default: 1 }),
  };

  override async run() {
    const { flags } = await this.parse(ClusterInit);
    const settings = openSettings();
    const rendezvous = parseRendezvousNodes(flags.rendezvous);
    const before = settings.current();
    const deployers = await Promise.all((flags.deployer ?? []).map(readPublicKey));
    const key = await openInstead(this.keyOwner);
    const { name, directory, root } = await initCluster(settings, {
      name: flags.name,
      rendezvous,
      key: key ?? undefined,
      passphrase: givenPassphrase(),
      deployers,
      deployThreshold: flags['deploy-threshold'],
    });
    this.say(`Made the cluster '${name}' (${root.cluster}), now the current one${before === null ? '' : ` instead of '${before}'`}.`);
    this.say(`${key === null ? 'Keys and root' : 'Root and identity'} are in ${directory}: keep a copy of that directory in a safe place.`);
    if (key !== null)
      this.say(
        `What signs is elsewhere, key ${key.keyid.slice(0, 12)}: without a copy of it nothing can be signed for this cluster any more.`,
      );
    for (const line of firstSteps(rendezvous)) this.say(line);
    return { name, cluster: root.cluster, directory, rendezvous };
  }
}

/** To be pasted as they are. The data directory is known only on the machine, and the token stays out of the list of processes there. */
function firstSteps(rendezvous: readonly Peer[]): string[] {
  const data = '"${DATA:?is the directory that gossip node identity was given}"';
  return [
    'Next, here:',
    '  gossip cluster join-token > gossip.token',
    'Then, with that file, and DATA set to the directory whose id was named:',
    ...rendezvous.map(({ name, address }) => `  gossip node run --name ${name} --listen ${address} --data ${data} --join @gossip.token`),
  ];
}
