/** `gossip revoke`: takes a node, or an operator's identity, out of the cluster. */
import { Args } from '@oclif/core';
import { knownNotes, nodeNamed } from '../operator/cluster/decisions.ts';
import { NoteCommand, noteFlags } from './terminal/note-command.ts';

export default class Revoke extends NoteCommand {
  static override summary = 'Revoke a node: no other node speaks with it any more.';
  static override description = `For a machine that was stolen, or is in the wrong hands. Signs a note about the node, which gossip takes to all others: they end their connections with it, refuse its identity before it has said a byte, drop its address and pass it over where the root names it as a rendezvous node. It stays revoked through restarts and partitions; a node that was asleep hears of it from whoever it speaks with first. What runs on the revoked machine goes on there: what its modules know, and the secrets on its disk, are out of reach.

An operator's identity is revoked likewise, by its id; with it ends what he may ask of nodes. What his keys may sign is another thing: the root says that. 'gossip admit' takes a revocation back.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> node7',
    { description: 'By its id, which no node need know any more', command: '<%= config.bin %> <%= command.id %> 3f0a…' },
  ];
  static override args = {
    node: Args.string({ description: 'Name, address or id of the node; 8 digits of the id are enough.', required: true }),
  };
  static override flags = noteFlags;

  override async run() {
    const { args, flags } = await this.parse(Revoke);
    return this.withCluster(flags.cluster, async (session) => {
      await this.requireFlags(session, flags);
      const known = await knownNotes(session.cluster, session.client);
      const { id, name } = nodeNamed(args.node, known);
      const { json } = await this.makeNote(session, known, flags, {
        decision: { kind: 'revoke', subject: id, name },
        line: `revokes ${name === '' ? 'the identity' : name} (${id.slice(0, 12)}): no node speaks with it any more`,
      });
      return json;
    });
  }
}
