/** `gossip remove`: a signed tombstone, so that a removed module does not come back with an old node. */
import { Args } from '@oclif/core';
import { parseModuleName } from '../model/names.ts';
import { author } from '../operator/author.ts';
import { recordsOf } from '../operator/deploy.ts';
import { requireModule } from '../operator/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { chosenNode, convergedText, deliver } from './terminal/deploying.ts';
import { deploymentFlags, waitMs } from './terminal/flags.ts';

export default class Remove extends BaseCommand {
  static override summary = 'Remove a module from every node.';
  static override description = `Signs a deployment without code: a tombstone. Every instance stops and the module's state is dropped. Its earlier deployments stay in the history, and 'gossip rollback' brings one back, without its state.`;
  static override examples = ['<%= config.bin %> <%= command.id %> counter --wait -m "replaced by aggregate"'];
  static override args = { module: Args.string({ description: 'Name of the module.', required: true }) };
  static override flags = deploymentFlags;

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Remove);
    const module = parseModuleName(args.module);
    return this.withCluster(flags.cluster, async (session) => {
      const node = await chosenNode(session, flags.to);
      requireModule(await recordsOf(session.cluster.root, session.client, node), module);
      const { message, expect } = flags;
      const delivered = await deliver({
        session,
        node,
        draft: { module, code: null, settings: {}, scrub: true, rollbackOf: null, author: author(), message, expect },
        code: null,
        waitMs: waitMs(flags),
        json: this.jsonEnabled(),
        onInjected: ({ name }) => this.say(`${name}  removes ${module}`),
      });
      if (delivered.converged !== undefined) this.remark(convergedText(delivered.deployment, delivered.converged));
      return delivered;
    });
  }
}
