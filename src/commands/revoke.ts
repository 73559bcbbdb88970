/** `gossip revoke`: takes a node, or an operator's identity, out of the cluster. */
import { Args } from '@oclif/core';
import { GossipError } from '../model/errors.ts';
import { knownNotes, nodeNamed } from '../operator/cluster/decisions.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag, entranceFlag, yesFlag } from './terminal/flags.ts';
import { noteJson, sayDecided } from './terminal/decided.ts';
import { decided } from './terminal/deciding.ts';

export default class Revoke extends BaseCommand {
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
  static override flags = { to: entranceFlag, yes: yesFlag, cluster: clusterFlag };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Revoke);
    return this.withCluster(flags.cluster, async (session) => {
      const { cluster, client } = session;
      const known = await knownNotes(cluster, client);
      const { id, name } = nodeNamed(args.node, known);
      if (id === cluster.identity.id) {
        throw new GossipError('GOSSIP_E_USAGE', 'that is your own identity: nodes would refuse you from then on', {
          advice: 'Have another operator revoke it.',
        });
      }
      const lines = [`revokes ${name === '' ? 'the identity' : name} (${id.slice(0, 12)}): no node speaks with it any more`];
      const told = await decided(this.speaker, session, { known, decision: { kind: 'revoke', subject: id, name }, lines, flags });
      for (const line of sayDecided(told, 'revoked')) this.say(line);
      return noteJson(told);
    });
  }
}
