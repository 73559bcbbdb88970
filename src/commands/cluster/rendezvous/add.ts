/** `gossip cluster rendezvous add`: a further rendezvous node. */
import { Args } from '@oclif/core';
import { addRendezvous } from '../../../operator/cluster/rendezvous-edits.ts';
import { parseRendezvous } from '../../../operator/cluster/rendezvous.ts';
import { RootCommand, rootFlags } from '../../terminal/root-command.ts';

export default class RendezvousAdd extends RootCommand {
  static override summary = 'Name a further rendezvous node in a new version of the root.';
  static override description = `It may be a member already, or a machine that joins afterwards with a token. 'gossip node identity' prints the id of a machine. Tokens that are made from then on name it; older ones lead to the others.`;
  static override examples = ['<%= config.bin %> <%= command.id %> rendezvous4=10.0.0.4:7946=ID'];
  static override args = { node: Args.string({ description: 'NAME=IP:PORT=ID.', required: true }) };
  static override flags = rootFlags;

  override async run() {
    const { args, flags } = await this.parse(RendezvousAdd);
    return this.changeRoot(flags, addRendezvous(parseRendezvous(args.node)));
  }
}
