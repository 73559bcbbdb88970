/** `gossip config sign`: countersigns a configuration file. */
import { Args, Flags } from '@oclif/core';
import { openCluster, openOperatorKey } from '../../operator/cluster/clusters.ts';
import { countersignFile } from '../../operator/deploy/configuration-files.ts';
import { readKey } from '../../operator/cluster/key-file.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag, signerFlag } from '../terminal/flags.ts';

export default class ConfigSign extends BaseCommand {
  static override summary = 'Add a signature to a configuration file, where more than one operator must sign.';
  static override description = `Look at the file first with 'gossip config show FILE'. The deployment itself is not changed.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> counter.gossip',
    { description: 'With a key of your own', command: '<%= config.bin %> <%= command.id %> counter.gossip --key ~/second.key' },
  ];
  static override args = { file: Args.string({ description: 'Signed configuration file.', required: true }) };
  static override flags = {
    key: Flags.string({
      summary: "Private key (PEM) to sign with; by default GOSSIP_KEY_FILE, or the operator's key of the cluster.",
      helpValue: 'FILE',
      exclusive: ['signer'],
    }),
    signer: signerFlag,
    output: Flags.string({ char: 'o', summary: 'Write here; by default over the file.', helpValue: 'FILE' }),
    cluster: clusterFlag,
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ConfigSign);
    const cluster = await openCluster(openSettings(), flags.cluster);
    const key = flags.key === undefined ? await openOperatorKey(cluster, this.keyOwner) : await readKey(flags.key, this.keyOwner);
    const output = flags.output ?? args.file;
    const { signatures, threshold, again } = await countersignFile({ path: args.file, output, root: cluster.root, key });
    const missing = Math.max(0, threshold - signatures);
    if (again) this.remark(`This key had signed it already: ${key.keyid.slice(0, 12)}.`);
    this.say(
      `Signed by ${signatures} of ${threshold} keys: ${missing === 0 ? `ready, inject it with: gossip config inject ${output}` : `${missing} more must sign`}.`,
    );
    return { file: output, signatures, threshold, complete: missing === 0 };
  }
}
