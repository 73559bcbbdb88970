/** `gossip cluster add-operator`: lets a further key sign. */
import { Args } from '@oclif/core';
import { addOperator } from '../../operator/cluster/operator-edits.ts';
import { readPublicKey } from '../../operator/cluster/public-key.ts';
import { RootCommand, rootFlags } from '../terminal/root-command.ts';
import { rolesFlag } from '../terminal/root-flags.ts';

export default class ClusterAddOperator extends RootCommand {
  static override summary = 'Let another operator sign: name the key in a new version of the root.';
  static override description = `FILE is the public half of the other operator's key; the private one never leaves its owner. Roles: deploy signs deployments, admit lets nodes in, root changes the root; observe signs nothing, and reads logs and asks modules. An operator who is there already is given further roles.

How many must sign stays as it is: see 'gossip cluster set-threshold'.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> bob bob.pub',
    { description: 'Who may let nodes in, too', command: '<%= config.bin %> <%= command.id %> bob bob.pub --role deploy --role admit' },
    { description: 'Who only looks', command: '<%= config.bin %> <%= command.id %> dashboard dashboard.pub --role observe' },
    {
      description: 'Where others must sign too',
      command: '<%= config.bin %> <%= command.id %> bob bob.pub --role root --write bob.gossip',
    },
  ];
  static override args = {
    name: Args.string({ description: 'What the operator is called, for people.', required: true }),
    file: Args.string({ description: 'Public key (PEM).', required: true }),
  };
  static override flags = {
    role: rolesFlag({ summary: 'What the key may do. Repeatable; by default deploy.' }),
    ...rootFlags,
  };

  override async run() {
    const { args, flags } = await this.parse(ClusterAddOperator);
    return this.changeRoot(flags, addOperator(args.name, await readPublicKey(args.file), flags.role ?? ['deploy']));
  }
}
