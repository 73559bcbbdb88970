/** `gossip cluster rendezvous remove`: a rendezvous node less. */
import { Args } from '@oclif/core';
import { removeRendezvous } from '../../../operator/cluster/rendezvous-edits.ts';
import { RootCommand, rootFlags } from '../../terminal/root-command.ts';

export default class RendezvousRemove extends RootCommand {
  static override summary = 'Name a rendezvous node no more, in a new version of the root.';
  static override description = `If it still runs, it stays a member like any other. The last rendezvous node cannot be removed. Have all nodes come up to a new root before you remove the next one: whoever sleeps finds the cluster again as long as one rendezvous node that it knows lives.`;
  static override examples = ['<%= config.bin %> <%= command.id %> rendezvous3'];
  static override args = { node: Args.string({ description: 'Its name in the root, or 8 digits of its id.', required: true }) };
  static override flags = rootFlags;

  override async run() {
    const { args, flags } = await this.parse(RendezvousRemove);
    return this.changeRoot(flags, removeRendezvous(args.node));
  }
}
