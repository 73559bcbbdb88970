/** `gossip module inspect`: what a module on a node shows of its state. */
import { Args, Flags } from '@oclif/core';
import { safeJson } from '../../model/safe-text.ts';
import { parseModuleName } from '../../model/names.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { chosenNode } from '../terminal/deploying.ts';
import { clusterFlag } from '../terminal/flags.ts';

export default class ModuleInspect extends BaseCommand {
  static override summary = "Show what a module's inspect() answers on a node: as JSON, in the module's own terms.";
  static override examples = [
    '<%= config.bin %> <%= command.id %> membership --to node3',
    { description: 'On the first rendezvous node that answers', command: '<%= config.bin %> <%= command.id %> aggregate' },
  ];
  static override args = { module: Args.string({ description: 'Name of the module.', required: true }) };
  static override flags = {
    to: Flags.string({
      summary: 'Node to ask: a name, an id or host:port; by default the first rendezvous node that answers.',
      helpValue: 'NODE',
      env: 'GOSSIP_TO',
    }),
    cluster: clusterFlag,
  };

  override async run() {
    const { args, flags } = await this.parse(ModuleInspect);
    const module = parseModuleName(args.module);
    const answer = await this.withCluster(flags.cluster, async (session) => {
      const node = await chosenNode(session, flags.to);
      return { node: node.name || node.address, module, state: await session.client.inspect(node, module) };
    });
    this.say(...safeJson(answer.state, 2).split('\n'));
    return answer;
  }
}
