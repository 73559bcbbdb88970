/** `gossip remove`: a signed tombstone, so that a removed module does not come back with an old node. */
import { Args } from '@oclif/core';
import { parseModuleName } from '../model/names.ts';
import { author } from '../operator/author.ts';
import { draftRemarks, recordsOf } from '../operator/deploy.ts';
import type { Draft } from '../operator/deploy.ts';
import { requireModule } from '../operator/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { deliver, dryRun, enter } from './terminal/deploying.ts';
import { deploymentFlags, dryRunFlag, waitingOf } from './terminal/flags.ts';

export default class Remove extends BaseCommand {
  static override summary = 'Remove a module from every node.';
  static override description = `Signs a deployment without code: a tombstone. Every instance stops and the module's state is dropped. Its earlier deployments stay in the history, and 'gossip rollback' brings one back, without its state.`;
  static override examples = ['<%= config.bin %> <%= command.id %> counter --wait -m "replaced by aggregate"'];
  static override args = { module: Args.string({ description: 'Name of the module.', required: true }) };
  static override flags = { ...deploymentFlags, 'dry-run': dryRunFlag };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Remove);
    const module = parseModuleName(args.module);
    return this.withCluster(flags.cluster, async (session) => {
      const { node, place } = await enter(session, flags.to);
      const known = await recordsOf(session.cluster.root, session.client, node);
      requireModule(known, module);
      const { message, expect } = flags;
      const draft: Draft = { module, code: null, settings: {}, scrub: true, rollbackOf: null, author: author(), message, expect };
      if (flags['dry-run']) return dryRun(this.speaker, place, draft, known);
      return deliver(this.speaker, {
        session,
        node,
        place,
        remarks: draftRemarks(draft, known),
        draft,
        code: null,
        waiting: waitingOf(flags),
        onInjected: ({ name }) => this.say(`${name}  removes ${module}`),
      });
    });
  }
}
