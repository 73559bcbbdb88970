/** `gossip config verify`: whether nodes would take a signed configuration file. */
import { Args } from '@oclif/core';
import { openCluster } from '../../operator/clusters.ts';
import { readFileOf, verifyFile } from '../../operator/configuration-files.ts';
import { fileView } from '../../operator/configuration-view.ts';
import { openSettings } from '../../operator/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag } from '../terminal/flags.ts';

export default class ConfigVerify extends BaseCommand {
  static override summary = 'Check a signed configuration file as every node will: form, hashes, signatures, cluster and epoch.';
  static override description = 'Needs no node. Exit code 6 when it would be refused.';
  static override examples = ['<%= config.bin %> <%= command.id %> counter.gossip'];
  static override args = { file: Args.string({ description: 'Signed configuration file.', required: true }) };
  static override flags = { cluster: clusterFlag };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ConfigVerify);
    const { root, name } = await openCluster(openSettings(), flags.cluster);
    const file = await readFileOf(args.file);
    const view = fileView(file, verifyFile(file, root), root);
    this.say(
      `Good: ${view.deployment} of ${view.module} for '${name}', signed by ${view.signers.length} of ${view.threshold} keys, ${view.files.length} files.`,
    );
    return { valid: true, ...view };
  }
}
