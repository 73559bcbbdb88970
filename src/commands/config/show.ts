/** `gossip config show`: what every node must run, or what a signed file holds. */
import { Args, Flags } from '@oclif/core';
import { configurationView, fileView, viewLines } from '../../operator/deploy/configuration-view.ts';
import type { SignedView } from '../../operator/deploy/configuration-view.ts';
import { inspectFile, readFileOf } from '../../operator/deploy/configuration-files.ts';
import { openCluster } from '../../operator/cluster/clusters.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { recordsOf } from '../../operator/deploy/deploy.ts';
import { findNode } from '../../operator/client/nodes.ts';
import { disbeliefText, survey } from '../../operator/status/survey.ts';
import type { Session } from '../../operator/settings/session.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag } from '../terminal/flags.ts';

export default class ConfigShow extends BaseCommand {
  static override summary = 'Show what every node must run: the newest signed deployment of each module. With FILE, what that file holds.';
  static override description =
    'Everything shown was verified against the root of the cluster. Of a file that still lacks signatures it says whose.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'As one node knows it', command: '<%= config.bin %> <%= command.id %> --to node7' },
    { description: 'A signed configuration file', command: '<%= config.bin %> <%= command.id %> counter.gossip' },
  ];
  static override args = { file: Args.string({ description: 'Signed configuration file.' }) };
  static override flags = {
    to: Flags.string({ summary: 'Ask this node alone.', helpValue: 'NODE', env: 'GOSSIP_TO' }),
    cluster: clusterFlag,
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ConfigShow);
    const views =
      args.file === undefined
        ? await this.withCluster(flags.cluster, (session) => this.ofCluster(session, flags.to))
        : await this.ofFile(flags.cluster, args.file);
    if (views.length === 0) this.say('Nothing was deployed yet.');
    for (const view of views) this.say(...viewLines(view));
    return args.file === undefined ? views : views[0];
  }

  private async ofCluster({ cluster, client }: Session, to: string | undefined): Promise<readonly SignedView[]> {
    if (to === undefined) {
      const { records, disbelieved } = await survey(cluster, client);
      for (const liar of disbelieved) this.complain(disbeliefText(liar));
      return configurationView(records, cluster.root);
    }
    const node = await findNode(to, cluster, client);
    return configurationView(await recordsOf(cluster.root, client, node), cluster.root);
  }

  private async ofFile(name: string | undefined, path: string): Promise<readonly SignedView[]> {
    const cluster = await openCluster(openSettings(), name);
    const file = await readFileOf(path);
    return [fileView(file, inspectFile(file, cluster.root), cluster.root)];
  }
}
