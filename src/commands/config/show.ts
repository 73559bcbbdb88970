/** `gossip config show`: what every node must run, or what a signed file holds. */
import { Args, Flags } from '@oclif/core';
import { configurationView, fileView, viewLines } from '../../operator/deploy/configuration-view.ts';
import type { SignedView } from '../../operator/deploy/configuration-view.ts';
import { inspectFile } from '../../operator/deploy/configuration-files.ts';
import { readSignedFile } from '../../operator/deploy/signed-files.ts';
import { inspectPaper, paperText } from '../../operator/cluster/papers.ts';
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
    'Everything shown was verified against the root of the cluster. Of a file that still lacks signatures it says whose. A file may hold a deployment; a change of the root: then everything that differs is named; or what was decided of a node.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'As one node knows it', command: '<%= config.bin %> <%= command.id %> --to node7' },
    { description: 'A signed file', command: '<%= config.bin %> <%= command.id %> counter.gossip' },
  ];
  static override args = { file: Args.string({ description: 'Signed file: what another command wrote with --write.' }) };
  static override flags = {
    to: Flags.string({ summary: 'Ask this node alone.', helpValue: 'NODE', env: 'GOSSIP_TO' }),
    cluster: clusterFlag,
  };

  override async run() {
    const { args, flags } = await this.parse(ConfigShow);
    if (args.file !== undefined) return this.ofFile(flags.cluster, args.file);
    const views = await this.withCluster(flags.cluster, (session) => this.ofCluster(session, flags.to));
    if (views.length === 0) this.say('Nothing was deployed yet.');
    for (const view of views) this.say(...viewLines(view));
    return views;
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

  private async ofFile(name: string | undefined, path: string) {
    const cluster = await openCluster(openSettings(), name);
    const signed = await readSignedFile(path);
    if (signed.kind !== 'deployment') {
      const paper = inspectPaper(signed, cluster);
      this.say(...paperText(paper, cluster));
      return paper.view;
    }
    const view = fileView(signed.file, inspectFile(signed.file, cluster.root), cluster.root);
    this.say(...viewLines(view));
    return view;
  }
}
