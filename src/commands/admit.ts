/** `gossip admit`: lets a single node in by its id, or takes a revocation back. */
import { Args } from '@oclif/core';
import { absenceOf, knownNotes, nodeNamed } from '../operator/cluster/decisions.ts';
import { NoteCommand, noteFlags } from './terminal/note-command.ts';

/** What an admission does not do by itself. */
const ABSENT = {
  forgotten: 'It stays forgotten: nobody looks for it, and it is back as soon as it calls one of the others. Start it.',
  unknown: `No node knows it so far. Start it; the first time with the file of 'gossip cluster export' (--root FILE --peer ADDRESS), or with a join token (--join @FILE), which tells it the cluster. It is let in by its id, also with a token that was revoked.`,
  silent: 'It does not answer now; it is let in as soon as it calls one of the others.',
} as const;

export default class Admit extends NoteCommand {
  static override summary = 'Let a node in by its id: one that was revoked, or whose token ended before anybody let it in.';
  static override description = `Signs a note about the node, which gossip takes to all others: whatever its token says, they let it in. It takes the place of a revocation, and so takes a mistaken one back; one that was forgotten it does not bring back: that does the node itself, by calling. 'gossip node identity' prints the id of a node that nobody knows yet.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> node7',
    { description: 'By its id, where no node knows it', command: '<%= config.bin %> <%= command.id %> 3f0a…' },
  ];
  static override args = {
    node: Args.string({ description: 'Name or id of the node; its whole id where no node knows it.', required: true }),
  };
  static override flags = noteFlags;

  override async run() {
    const { args, flags } = await this.parse(Admit);
    return this.withCluster(flags.cluster, async (session) => {
      await this.requireFlags(session, flags);
      const known = await knownNotes(session.cluster, session.client);
      const { id, name } = nodeNamed(args.node, known);
      const before = known.book.revocation(id) === undefined ? '' : ', which was revoked';
      const { json, decided } = await this.makeNote(session, known, flags, {
        decision: { kind: 'admit', subject: id, name },
        line: `admits ${name || 'the node'} (${id.slice(0, 12)})${before}`,
      });
      const absence = absenceOf(known, id);
      if (decided !== null && absence !== null) this.remark(ABSENT[absence]);
      return { ...json, absent: absence };
    });
  }
}
