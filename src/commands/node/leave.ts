/** `gossip node leave`: a node of this machine says goodbye, and ends. */
import { BaseCommand } from '../terminal/base-command.ts';
import { leavingFlags, tellLeaving } from '../terminal/leaving.ts';
import { ownNodeFlags, placeOfOwnNode } from '../terminal/own-node-flags.ts';

export default class NodeLeave extends BaseCommand {
  static override summary = "Have a running node of this machine say goodbye to its peers, and end: as 'gossip drain'.";
  static override description = `The others know at once that it has left and is not dead: it is asked no more, counts for nothing that waits for all nodes, and "gossip status" lists it as left. It comes back by being started again.

It does, tells and ends with what "gossip drain" does.

Whoever may write to its data directory may ask it. Where a service manager starts the node again whenever it ends, stop it there instead, and run the node with --leave-on-stop.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data /var/lib/gossip',
    { description: 'One of a lab, or with its data in its usual place', command: '<%= config.bin %> <%= command.id %> --name node7' },
  ];
  static override flags = { ...ownNodeFlags, ...leavingFlags };

  override async run() {
    const { flags } = await this.parse(NodeLeave);
    return tellLeaving(await placeOfOwnNode(flags), flags.timeout, this.speaker);
  }
}
