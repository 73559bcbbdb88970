/** `gossip remove`: a signed tombstone, so that a removed module does not come back with an old node. */
import { Args } from '@oclif/core';
import { parseModuleName } from '../model/names.ts';
import { author } from '../operator/deploy/author.ts';
import { draftRemarks, recordsOf } from '../operator/deploy/deploy.ts';
import type { Draft } from '../operator/deploy/deploy.ts';
import { requireModule } from '../operator/status/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { enter } from './terminal/deploying.ts';
import { DEPLOYING_USAGE, deploymentFlags, insteadFlags } from './terminal/flags.ts';
import { send } from './terminal/sending.ts';

export default class Remove extends BaseCommand {
  static override summary = 'Remove a module from every node.';
  static override description = `Signs a deployment without code: a tombstone. Every instance stops and the module's state is dropped. Its earlier deployments stay in the history, and 'gossip rollback' brings one back, without its state.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> counter --wait -m "replaced by aggregate"',
    { description: 'Where several operators must sign', command: '<%= config.bin %> <%= command.id %> counter --write remove.gossip' },
  ];
  static override usage = `<%= command.id %> MODULE [--json] [--to NODE] [--cluster NAME] [-m TEXT] [--expect dN] ${DEPLOYING_USAGE}`;
  static override args = { module: Args.string({ description: 'Name of the module.', required: true }) };
  static override flags = { ...deploymentFlags, ...insteadFlags };

  override async run() {
    const { args, flags } = await this.parse(Remove);
    const module = parseModuleName(args.module);
    return this.withCluster(flags.cluster, async (session) => {
      const { node, place } = await enter(session, flags);
      const known = await recordsOf(session.cluster.root, session.client, node);
      requireModule(known, module);
      const { message, expect } = flags;
      const draft: Draft = { module, code: null, settings: {}, scrub: true, rollbackOf: null, author: author(), message, expect };
      const making = { session, node, place, draft, code: null, remarks: draftRemarks(draft, known), known };
      const title = (name: string): void => this.say(`${name}  removes ${module}`);
      return send(this.speaker, making, flags, title);
    });
  }
}
