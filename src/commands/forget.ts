/** `gossip forget`: a node that is gone for good is no longer looked for. */
import { Args } from '@oclif/core';
import { knownNotes, nodeNamed } from '../operator/cluster/decisions.ts';
import { NoteCommand, noteFlags } from './terminal/note-command.ts';

export default class Forget extends NoteCommand {
  static override summary = 'Forget a node that is gone for good: nobody looks for it, or lists it, any more.';
  static override description = `Signs a note about the node, which gossip takes to all others: they drop its address, and take none from others who have not heard of the note yet. Only the node itself comes back, by calling one of them: it is no revocation. A node that answers is not forgotten, for it would be back at once: stop it, or revoke it. A rendezvous node is named by the root, and leaves it first.`;
  static override examples = ['<%= config.bin %> <%= command.id %> node7'];
  static override args = {
    node: Args.string({ description: 'Name, address or id of the node; 8 digits of the id are enough.', required: true }),
  };
  static override flags = noteFlags;

  override async run() {
    const { args, flags } = await this.parse(Forget);
    return this.withCluster(flags.cluster, async (session) => {
      await this.requireFlags(session, flags);
      const known = await knownNotes(session.cluster, session.client);
      const { id, name, incarnation } = nodeNamed(args.node, known);
      const { json } = await this.makeNote(session, known, flags, {
        decision: { kind: 'forget', subject: id, name, incarnation },
        line: `forgets ${name || id.slice(0, 12)} (${id.slice(0, 12)}): it is not looked for any more`,
      });
      return json;
    });
  }
}
