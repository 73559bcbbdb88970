/** `gossip admit`: lets a single node in by its id, or takes a revocation back. */
import { Args } from '@oclif/core';
import { author } from '../operator/deploy/author.ts';
import { openOperatorKey } from '../operator/cluster/clusters.ts';
import { decide, knownNotes, nodeNamed } from '../operator/cluster/decisions.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { confirm } from './terminal/confirm.ts';
import { clusterFlag, entranceFlag, yesFlag } from './terminal/flags.ts';
import { noteJson, sayDecided } from './terminal/decided.ts';

export default class Admit extends BaseCommand {
  static override summary = 'Let a node in by its id: one that was revoked, or whose token ended before anybody let it in.';
  static override description = `Signs a note about the node, which gossip takes to all others: whatever its token says, they let it in. It takes the place of a revocation, and so takes a mistaken one back. 'gossip node identity' prints the id of a node that nobody knows yet.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> node7',
    { description: 'By its id, where no node knows it', command: '<%= config.bin %> <%= command.id %> 3f0a…' },
  ];
  static override args = {
    node: Args.string({ description: 'Name or id of the node; its whole id where no node knows it.', required: true }),
  };
  static override flags = { to: entranceFlag, yes: yesFlag, cluster: clusterFlag };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Admit);
    return this.withCluster(flags.cluster, async ({ cluster, client, keyOwner }) => {
      const known = await knownNotes(cluster, client);
      const { id, name } = nodeNamed(args.node, known);
      const before = known.book.revocation(id) === undefined ? '' : ', which was revoked';
      await confirm(this.speaker, { cluster, lines: [`admits ${name || 'the node'} (${id.slice(0, 12)})${before}`], yes: flags.yes });
      const key = await openOperatorKey(known.cluster, keyOwner);
      const decided = await decide(
        known,
        client,
        { kind: 'admit', subject: id, name, author: author(), now: Date.now() },
        { key, to: flags.to },
      );
      for (const line of sayDecided(decided, 'admitted')) this.say(line);
      return noteJson(decided);
    });
  }
}
