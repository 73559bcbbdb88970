/** `gossip status`: the whole cluster on one screen. */
import { Args, Flags } from '@oclif/core';
import { findNode } from '../operator/client/nodes.ts';
import { statusSummary, statusTable } from '../operator/render/status-table.ts';
import { clusterStatus } from '../operator/status/status.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag } from './terminal/flags.ts';
import { drawTable } from './terminal/table.ts';

export default class Status extends BaseCommand {
  static override summary = 'Show every node, module and deployment, and why a node has not moved.';
  static override description = `Asks every node that can be found: the rendezvous nodes, those of the settings, and everyone they know. Nodes that do not answer are listed too; those that have left, or that nobody has heard of for ten minutes, are asked last and only counted below the table. A star marks rendezvous nodes.

"deployment" is what the running instance is by its own report, never what it should be; "why" tells what keeps a node from the newest one.

"converged" means that every member answered and runs the newest of what it may run; with --json it is null where nothing was ever deployed, and of one node alone that is well: it says nothing of the others.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'One node alone', command: '<%= config.bin %> <%= command.id %> node7' },
    { description: 'For programs', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override args = { node: Args.string({ description: 'Ask this node alone: a name, an id or host:port.' }) };
  static override flags = {
    all: Flags.boolean({ summary: 'List also the nodes that have left, and those that nobody has heard of for ten minutes.' }),
    cluster: clusterFlag,
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Status);
    const status = await this.withCluster(flags.cluster, async ({ cluster, client }) =>
      clusterStatus(cluster, client, args.node === undefined ? undefined : await findNode(args.node, cluster, client)),
    );
    this.show(drawTable(statusTable(status, flags)));
    this.say('', ...statusSummary(status));
    return status;
  }
}
