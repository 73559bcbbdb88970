/** `gossip module settings`: what a module was set to, and a new deployment of the same code with other settings. */
import { Args, Flags } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { parseModuleName } from '../../model/names.ts';
import type { ModuleName } from '../../model/names.ts';
import { author } from '../../operator/deploy/author.ts';
import { currentOf } from '../../operator/deploy/current.ts';
import { draftRemarks, recordsOf } from '../../operator/deploy/deploy.ts';
import type { Draft } from '../../operator/deploy/deploy.ts';
import { findCode } from '../../operator/deploy/rollback.ts';
import { settingsAfter } from '../../operator/deploy/settings-change.ts';
import { requireFitting, schemaOfDeployed } from '../../operator/module/settings-schema.ts';
import type { Session } from '../../operator/settings/session.ts';
import { gatherCluster } from '../../operator/client/nodes.ts';
import { reachable } from '../../operator/status/gather.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { chosenNode, enter } from '../terminal/deploying.ts';
import { DEPLOYING_USAGE, deploymentFlags, insteadFlags } from '../terminal/flags.ts';
import { send } from '../terminal/sending.ts';

export default class ModuleSettings extends BaseCommand {
  static override summary = 'Show the settings of a module, or change them: a new deployment of the same code, which need not be at hand.';
  static override description = `Without --set, --unset or --settings it shows the settings of the module's newest deployment. Otherwise that deployment's code is deployed again with the changed settings; nodes hand the state over as at any update. It is refused (exit code 8) where somebody else deployed in between, and where the settings do not fit the schema in the code (exit code 2).

VALUE is taken as JSON where it is JSON (2, true, null, [1,2], "2"), and as text otherwise. A number counts as one only in the form in which JSON writes it back: 1.10, 007 and 1e3 are texts, so that no version or code loses a digit.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> counter',
    '<%= config.bin %> <%= command.id %> counter --set step=2 --set label=web --wait',
    `<%= config.bin %> <%= command.id %> counter --settings '{"step": 2}' -m "nothing but the step"`,
  ];
  static override usage =
    '<%= command.id %> MODULE [--json] [--set KEY=VALUE]... [--unset KEY]... [--settings JSON] [--to NODE] [--cluster NAME] [-m TEXT] ' +
    `[--expect dN] ${DEPLOYING_USAGE}`;
  static override args = { module: Args.string({ description: 'Name of the module.', required: true }) };
  static override flags = {
    ...deploymentFlags,
    set: Flags.string({ multiple: true, multipleNonGreedy: true, summary: 'Set one, and keep the others.', helpValue: 'KEY=VALUE' }),
    unset: Flags.string({ multiple: true, multipleNonGreedy: true, summary: 'Take one away.', helpValue: 'KEY' }),
    settings: Flags.string({
      summary: 'All settings anew: a JSON object, or @FILE.',
      helpValue: 'JSON',
      exclusive: ['set', 'unset'],
    }),
    ...insteadFlags,
  };

  override async run() {
    const { args, flags } = await this.parse(ModuleSettings);
    const module = parseModuleName(args.module);
    const change = { set: flags.set ?? [], unset: flags.unset ?? [], all: flags.settings };
    const isChange = change.set.length > 0 || change.unset.length > 0 || change.all !== undefined;
    if (!isChange) refuseWithout(flags);
    return this.withCluster(flags.cluster, async (session) => {
      if (!isChange) return this.#tell(session, flags.to, module);
      const { node, place } = await enter(session, flags);
      const known = await recordsOf(session.cluster.root, session.client, node);
      const newest = currentOf(known, module);
      const settings = await settingsAfter(newest.deployment.settings, change);
      const { sightings } = await gatherCluster(session.cluster, session.client);
      const code = await findCode(newest, [node, ...reachable(sightings)], session.client);
      requireFitting(await schemaOfDeployed(code), settings);
      const draft: Draft = {
        module,
        code: newest.deployment.code,
        settings,
        scrub: false,
        rollbackOf: null,
        author: author(),
        message: flags.message,
        // What is changed is what was read: whatever came in between is nobody's to undo unseen.
        expect: flags.expect ?? known.name(newest),
      };
      const making = { session, node, place, draft, code, remarks: draftRemarks(draft, known), known };
      const title = (name: string): void => this.say(`${name}  ${module} ${draft.code?.version ?? ''}  ${JSON.stringify(settings)}`);
      return { ...(await send(this.speaker, making, flags, title)), settings };
    });
  }

  async #tell(session: Session, to: string | undefined, module: ModuleName) {
    const known = await recordsOf(session.cluster.root, session.client, await chosenNode(session, to));
    const newest = currentOf(known, module);
    const { settings } = newest.deployment;
    this.show(JSON.stringify(settings, undefined, 2));
    return { module, deployment: known.name(newest), settings };
  }
}

/** Flags that only a change has a use for. */
function refuseWithout(flags: {
  readonly wait: boolean;
  readonly 'dry-run': boolean;
  readonly write?: string | undefined;
  readonly message: string;
}): void {
  if (!flags.wait && !flags['dry-run'] && flags.write === undefined && flags.message === '') return;
  throw new GossipError('GOSSIP_E_USAGE', 'nothing is changed', {
    advice: 'Say what with --set KEY=VALUE, --unset KEY or --settings JSON.',
  });
}
