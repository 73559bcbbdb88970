/** `gossip rollback`: a new deployment with the code and settings of an earlier one. */
import { Args, Flags } from '@oclif/core';
import { author } from '../operator/author.ts';
import { draftRemarks, recordsOf } from '../operator/deploy.ts';
import { reachable } from '../operator/gather.ts';
import { findCode, requireOf, rollbackDraft, rollbackRemarks, runningOf } from '../operator/rollback.ts';
import { disbeliefText, survey } from '../operator/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { deliver, dryRun, enter } from './terminal/deploying.ts';
import { deploymentFlags, dryRunFlag, moduleFlag, waitingOf } from './terminal/flags.ts';

export default class Rollback extends BaseCommand {
  static override summary = 'Go back to the code and settings of an earlier deployment, as a new deployment.';
  static override description = `Numbers only rise: after 'gossip rollback d1', d3 runs the code of d1. The state that newer code has written is kept and handed over, unless --scrub throws it away.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> d1 --wait',
    { description: 'Repair corrupted state', command: '<%= config.bin %> <%= command.id %> d1 --scrub --wait -m "counters were poisoned"' },
  ];
  static override args = { deployment: Args.string({ description: "A deployment of 'gossip history', such as d1.", required: true }) };
  static override flags = {
    ...deploymentFlags,
    module: moduleFlag({ summary: 'Refuse unless the deployment is of this module: guards against a wrong number.' }),
    'dry-run': dryRunFlag,
    scrub: Flags.boolean({ default: false, summary: 'Throw the old state away on every node, and open a new state epoch.' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Rollback);
    return this.withCluster(flags.cluster, async (session) => {
      const { node, place } = await enter(session, flags.to);
      const { sightings, records, disbelieved } = await survey(session.cluster, session.client);
      for (const liar of disbelieved) this.complain(disbeliefText(liar));
      const target = records.find(args.deployment);
      requireOf(target, records.name(target), flags.module);
      const { scrub, message, expect } = flags;
      const draft = rollbackDraft(target, records.name(target), { scrub, author: author(), message, expect });
      const known = await recordsOf(session.cluster.root, session.client, node);
      const before = known.newest(draft.module) ?? target;
      if (flags['dry-run']) return { ...dryRun(this.speaker, place, draft, known), disbelieved };
      const delivered = await deliver(this.speaker, {
        session,
        node,
        place,
        remarks: draftRemarks(draft, known),
        draft,
        code: await findCode(target, [node, ...reachable(sightings)], session.client),
        waiting: waitingOf(flags),
        onInjected: ({ name }) => {
          this.say(`${name}  ${draft.module} ${draft.code?.version ?? ''}  the code and settings of ${records.name(target)}`);
          for (const remark of rollbackRemarks(target, { before, running: runningOf(records, draft.module, sightings) }, records, scrub))
            this.remark(remark);
        },
      });
      return { ...delivered, disbelieved };
    });
  }
}
