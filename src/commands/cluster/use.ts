/** `gossip cluster use`: chooses the cluster that other commands work on. */
import { Args } from '@oclif/core';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';

export default class ClusterUse extends BaseCommand {
  static override summary = 'Choose the cluster that the other commands work on.';
  static override examples = ['<%= config.bin %> <%= command.id %> production'];
  static override args = { cluster: Args.string({ description: "A name from 'gossip cluster list'.", required: true }) };

  override async run() {
    const { args } = await this.parse(ClusterUse);
    const settings = openSettings();
    await settings.use(args.cluster);
    const { name, cluster } = settings.cluster(args.cluster);
    this.say(`Commands now work on '${name}' (${cluster}).`);
    return { name, cluster };
  }
}
