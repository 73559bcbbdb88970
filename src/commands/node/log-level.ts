/** `gossip node log-level`: another log level for a node of this machine that runs. */
import { Args } from '@oclif/core';
import { LOG_LEVELS } from '../../model/log-level.ts';
import type { LogLevel } from '../../model/log-level.ts';
import { changeLogLevel } from '../../node/log-level.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { ownNodeFlags, placeOfOwnNode } from '../terminal/own-node-flags.ts';

export default class NodeLogLevel extends BaseCommand {
  static override summary = 'Change the log level of a running node of this machine, until its next start.';
  static override description = `What is logged from then on goes to the node's log and to "gossip logs". The next start takes the level of --log-level or the configuration file again, and so does a SIGHUP when the level in the file has changed.

Whoever may write to its data directory may do it; no node is asked from afar.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> debug --data /var/lib/gossip',
    { description: 'One of a lab, or with its data in its usual place', command: '<%= config.bin %> <%= command.id %> info --name node7' },
  ];
  static override args = { level: Args.string({ description: 'Lowest level that is logged.', required: true, options: [...LOG_LEVELS] }) };
  static override flags = ownNodeFlags;

  override async run() {
    const { args, flags } = await this.parse(NodeLogLevel);
    const data = await placeOfOwnNode(flags);
    const { from, to } = await changeLogLevel(data, args.level as LogLevel);
    this.say(
      from === to ? `The node logs from ${to} on, as before.` : `The node logs from ${to} on, until its next start (before: ${from}).`,
    );
    return { data, from, to };
  }
}
