/** `gossip cluster set-threshold`: how many keys of a role must sign. */
import { Args } from '@oclif/core';
import { parseCount } from '../../model/count.ts';
import { setThreshold } from '../../operator/cluster/operator-edits.ts';
import { SIGNING_ROLES } from '../../trust/root.ts';
import type { SigningRole } from '../../trust/root.ts';
import { RootCommand, rootFlags } from '../terminal/root-command.ts';

export default class ClusterSetThreshold extends RootCommand {
  static override summary = 'Set how many operators must sign for a role, in a new version of the root.';
  static override description = `With a threshold of 2 for deploy, a deployment takes two operators: --write with deploy, then 'gossip config sign'. Where as many keys must sign as there are, one lost key ends the role: have one more than must sign.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> deploy 2',
    { description: 'What would change', command: '<%= config.bin %> <%= command.id %> root 2 --dry-run' },
  ];
  static override args = {
    role: Args.string({ description: 'The role.', required: true, options: [...SIGNING_ROLES] }),
    threshold: Args.string({ description: 'How many must sign.', required: true }),
  };
  static override flags = rootFlags;

  override async run() {
    const { args, flags } = await this.parse(ClusterSetThreshold);
    return this.changeRoot(flags, setThreshold(args.role as SigningRole, parseCount(args.threshold, { min: 1 })));
  }
}
