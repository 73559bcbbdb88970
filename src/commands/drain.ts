/** `gossip drain`: a node of this machine keeps its modules' last states, says goodbye, and ends. */
import { Args } from '@oclif/core';
import { GossipError } from '../model/errors.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { leavingFlags, tellLeaving } from './terminal/leaving.ts';
import { ownNodeFlags, placeOfOwnNode } from './terminal/own-node-flags.ts';

export default class Drain extends BaseCommand {
  static override summary = 'Take a node of this machine out of service: last checkpoints, goodbye, end.';
  static override description = `Has the node keep a last state of every module and say goodbye to its peers, waits until its process has ended, and tells what was saved: of each module the size of the state on its disk and how old that was, and how many peers have heard the goodbye. The node comes back with these states by being started again.

It ends with 0 where all is saved and said, with 1 where the last state of a module is not, because it hangs or does not run (it is named), with 2 where there is no such node on this machine, with 3 where nobody has heard the goodbye or none runs there that could say it, and with 4 where the process has not ended within --timeout. Of a node that has left and was not started since it tells the same again, with when that was, and ends as it did then: it may be drained twice.

NODE is a node of the current cluster where that is a lab of this machine, or one with its data beside the settings. A node of another machine is drained there, by ssh: no key of an operator may end nodes from afar. Where a service manager starts it again whenever it ends, stop it there instead, and run the node with --leave-on-stop. 'gossip node leave' does the same by --data or --name.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> node3',
    '<%= config.bin %> <%= command.id %> --data /var/lib/gossip',
    { description: 'On another machine', command: 'ssh db7 <%= config.bin %> <%= command.id %> --data /var/lib/gossip --json' },
  ];
  static override args = { node: Args.string({ description: "The node's name; or give --data." }) };
  static override flags = { data: ownNodeFlags.data, ...leavingFlags };

  override async run() {
    const { args, flags } = await this.parse(Drain);
    return tellLeaving(await placeOf(args.node, flags.data), flags.timeout, this.speaker);
  }
}

function placeOf(node: string | undefined, data: string | undefined): Promise<string> {
  if (node === undefined || data === undefined) return placeOfOwnNode({ data, name: node });
  throw new GossipError('GOSSIP_E_USAGE', 'the node is named twice: give its name, or its data directory (--data, GOSSIP_DATA)');
}
