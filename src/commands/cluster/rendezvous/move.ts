/** `gossip cluster rendezvous move`: a rendezvous node at a new address, or another machine in its place. */
import { Args } from '@oclif/core';
import { moveRendezvous } from '../../../operator/cluster/rendezvous-edits.ts';
import { parseNewPlace } from '../../../operator/cluster/rendezvous.ts';
import { RootCommand, rootFlags } from '../../terminal/root-command.ts';

export default class RendezvousMove extends RootCommand {
  static override summary = 'Give a rendezvous node a new address, or another machine its place, in a new version of the root.';
  static override description = `With an address alone it is the same node: start it there with its data directory. With an id too, another machine takes the place of one that died; 'gossip node identity' prints its id, and it joins with a token that was made afterwards.`;
  static override examples = [
    { description: 'The same node elsewhere', command: '<%= config.bin %> <%= command.id %> rendezvous2 10.0.1.2:7946' },
    {
      description: 'Another machine in the place of a dead one',
      command: '<%= config.bin %> <%= command.id %> rendezvous2 10.0.0.9:7946=ID',
    },
  ];
  static override args = {
    node: Args.string({ description: 'Its name in the root, or 8 digits of its id.', required: true }),
    place: Args.string({ description: 'IP:PORT, or IP:PORT=ID.', required: true }),
  };
  static override flags = rootFlags;

  override async run() {
    const { args, flags } = await this.parse(RendezvousMove);
    return this.changeRoot(flags, moveRendezvous(args.node, parseNewPlace(args.place)));
  }
}
