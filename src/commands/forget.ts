/** `gossip forget`: a node that is gone for good is no longer looked for. */
import { Args } from '@oclif/core';
import { GossipError } from '../model/errors.ts';
import { knownNotes, nodeNamed } from '../operator/cluster/decisions.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag, entranceFlag, yesFlag } from './terminal/flags.ts';
import { noteJson, sayDecided } from './terminal/decided.ts';
import { decided } from './terminal/deciding.ts';

export default class Forget extends BaseCommand {
  static override summary = 'Forget a node that is gone for good: nobody looks for it, or lists it, any more.';
  static override description = `Signs a note about the node, which gossip takes to all others: they drop its address, and take none from others who have not heard of the note yet. Only the node itself comes back, by calling one of them: it is no revocation. A node that answers is not forgotten, for it would be back at once: stop it, or revoke it. A rendezvous node is named by the root, and leaves it first.`;
  static override examples = ['<%= config.bin %> <%= command.id %> node7'];
  static override args = {
    node: Args.string({ description: 'Name, address or id of the node; 8 digits of the id are enough.', required: true }),
  };
  static override flags = { to: entranceFlag, yes: yesFlag, cluster: clusterFlag };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Forget);
    return this.withCluster(flags.cluster, async (session) => {
      const { cluster, client } = session;
      const known = await knownNotes(cluster, client);
      const { id, name, incarnation } = nodeNamed(args.node, known);
      const called = name || id.slice(0, 12);
      if (known.cluster.root.root.rendezvous.some((node) => node.id === id)) {
        throw new GossipError('GOSSIP_E_USAGE', `${called} is a rendezvous node, which the root names`, {
          advice: 'Take it out of the root first: nodes find each other by it.',
        });
      }
      if (known.holders.some(({ node }) => node.id === id)) {
        throw new GossipError('GOSSIP_E_USAGE', `${called} answers: it would be back at once`, { advice: 'Stop it first; or revoke it.' });
      }
      const lines = [`forgets ${called} (${id.slice(0, 12)}): it is not looked for any more`];
      const decision = { kind: 'forget', subject: id, name, incarnation } as const;
      const told = await decided(this.speaker, session, { known, decision, lines, flags });
      for (const line of sayDecided(told, 'forgotten')) this.say(line);
      return noteJson(told);
    });
  }
}
