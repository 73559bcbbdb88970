/** `gossip rollback`: a new deployment with the code and settings of an earlier one. */
import { Args, Flags } from '@oclif/core';
import { author } from '../operator/deploy/author.ts';
import { draftRemarks, recordsOf } from '../operator/deploy/deploy.ts';
import { reachable } from '../operator/status/gather.ts';
import { findCode, requireOf, rollbackDraft, rollbackRemarks, runningOf } from '../operator/deploy/rollback.ts';
import { disbeliefText, survey } from '../operator/status/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { enter } from './terminal/deploying.ts';
import { DEPLOYING_USAGE, deploymentFlags, insteadFlags, moduleFlag } from './terminal/flags.ts';
import { send } from './terminal/sending.ts';

export default class Rollback extends BaseCommand {
  static override summary = 'Go back to the code and settings of an earlier deployment, as a new deployment.';
  static override description = `Numbers only rise: after 'gossip rollback d1', d3 runs the code of d1. The state that newer code has written is kept and handed over, unless --scrub throws it away.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> d1 --wait',
    { description: 'Repair corrupted state', command: '<%= config.bin %> <%= command.id %> d1 --scrub --wait -m "counters were poisoned"' },
    { description: 'Where several operators must sign', command: '<%= config.bin %> <%= command.id %> d1 --write back.gossip' },
  ];
  static override usage =
    '<%= command.id %> DEPLOYMENT [--json] [--module NAME] [--to NODE] [--cluster NAME] [-m TEXT] [--expect dN] [--scrub] ' +
    DEPLOYING_USAGE;
  static override args = { deployment: Args.string({ description: "A deployment from 'gossip history', such as d1.", required: true }) };
  static override flags = {
    ...deploymentFlags,
    module: moduleFlag({ summary: 'Refuse unless the deployment is of this module: guards against a wrong number.' }),
    ...insteadFlags,
    scrub: Flags.boolean({ default: false, summary: 'Throw the old state away on every node, and open a new state epoch.' }),
  };

  override async run() {
    const { args, flags } = await this.parse(Rollback);
    return this.withCluster(flags.cluster, async (session) => {
      const { node, place } = await enter(session, flags);
      const { sightings, records, disbelieved } = await survey(session.cluster, session.client);
      for (const liar of disbelieved) this.complain(disbeliefText(liar));
      const target = records.find(args.deployment);
      requireOf(target, records.name(target), flags.module);
      const { scrub, message, expect } = flags;
      const draft = rollbackDraft(target, records.name(target), { scrub, author: author(), message, expect });
      const known = await recordsOf(session.cluster.root, session.client, node);
      const before = known.newest(draft.module) ?? target;
      const code = await findCode(target, [node, ...reachable(sightings)], session.client);
      const making = { session, node, place, draft, code, remarks: draftRemarks(draft, known), known };
      const title = (name: string): void => {
        this.say(`${name}  ${draft.module} ${draft.code?.version ?? ''}  the code and settings of ${records.name(target)}`);
        const left = { before, running: runningOf(records, draft.module, sightings) };
        for (const remark of rollbackRemarks(target, left, records, scrub)) this.remark(remark);
      };
      return { ...(await send(this.speaker, making, flags, title)), disbelieved };
    });
  }
}
