/** `gossip cluster remove-operator`: a key signs no more. */
import { Args } from '@oclif/core';
import { removeOperator } from '../../operator/cluster/operator-edits.ts';
import { RootCommand, rootFlags } from '../terminal/root-command.ts';

export default class ClusterRemoveOperator extends RootCommand {
  static override summary = 'Take an operator out of every role, in a new version of the root.';
  static override description = `What the operator signed stays good, and what runs goes on. Nodes that know the new root take no new deployment from that key; but somebody who is a member and means harm could still spread one past them. Whoever must be kept out, or a key that was stolen, is ended by a new trust epoch.

Refused where too few keys would be left to sign for a role. The last key of a role cannot be taken out.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> bob',
    { description: 'By the id of the key', command: '<%= config.bin %> <%= command.id %> 3f0a1b2c --dry-run' },
  ];
  static override args = { operator: Args.string({ description: "Name, or 8 digits of the key's id.", required: true }) };
  static override flags = rootFlags;

  override async run() {
    const { args, flags } = await this.parse(ClusterRemoveOperator);
    return this.changeRoot(flags, removeOperator(args.operator));
  }
}
