/** `gossip admit`: lets a single node in by its id, or takes a revocation back. */
import { Args } from '@oclif/core';
import { absenceOf, knownNotes, nodeNamed } from '../operator/cluster/decisions.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag, entranceFlag, yesFlag } from './terminal/flags.ts';
import { noteJson, sayDecided } from './terminal/decided.ts';
import { decided } from './terminal/deciding.ts';

/** What an admission does not do by itself. */
const ABSENT = {
  forgotten: 'It stays forgotten: nobody looks for it, and it is back as soon as it calls one of the others. Start it.',
  unknown:
    'No node knows it so far. Start it; the first time with a join token, which tells it the cluster: --join @FILE. It is let in by its id, also with a token that was revoked.',
  silent: 'It does not answer now; it is let in as soon as it calls one of the others.',
} as const;

export default class Admit extends BaseCommand {
  static override summary = 'Let a node in by its id: one that was revoked, or whose token ended before anybody let it in.';
  static override description = `Signs a note about the node, which gossip takes to all others: whatever its token says, they let it in. It takes the place of a revocation, and so takes a mistaken one back; one that was forgotten it does not bring back: that does the node itself, by calling. 'gossip node identity' prints the id of a node that nobody knows yet.`;
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
    return this.withCluster(flags.cluster, async (session) => {
      const { cluster, client } = session;
      const known = await knownNotes(cluster, client);
      const { id, name } = nodeNamed(args.node, known);
      const before = known.book.revocation(id) === undefined ? '' : ', which was revoked';
      const lines = [`admits ${name || 'the node'} (${id.slice(0, 12)})${before}`];
      const told = await decided(this.speaker, session, { known, decision: { kind: 'admit', subject: id, name }, lines, flags });
      for (const line of sayDecided(told, 'admitted')) this.say(line);
      const absence = absenceOf(known, id);
      if (absence !== null) this.remark(ABSENT[absence]);
      return { ...noteJson(told), absent: absence };
    });
  }
}
