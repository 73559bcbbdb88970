/** `gossip rollback`: a new deployment with the code and settings of an earlier one. */
import { Args, Flags } from '@oclif/core';
import { author } from '../operator/author.ts';
import { recordsOf } from '../operator/deploy.ts';
import { reachable } from '../operator/gather.ts';
import { findCode, rollbackDraft, rollbackRemarks } from '../operator/rollback.ts';
import { disbeliefText, survey } from '../operator/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { chosenNode, convergedText, deliver } from './terminal/deploying.ts';
import { deploymentFlags, waitMs } from './terminal/flags.ts';

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
    scrub: Flags.boolean({ default: false, summary: 'Throw the old state away on every node, and open a new state epoch.' }),
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Rollback);
    return this.withCluster(flags.cluster, async (session) => {
      const node = await chosenNode(session, flags.to);
      const { sightings, records, disbelieved } = await survey(session.cluster, session.client);
      for (const liar of disbelieved) this.complain(disbeliefText(liar));
      const target = records.find(args.deployment);
      const { scrub, message, expect } = flags;
      const draft = rollbackDraft(target, records.name(target), { scrub, author: author(), message, expect });
      const before = (await recordsOf(session.cluster.root, session.client, node)).newest(draft.module) ?? target;
      const delivered = await deliver({
        session,
        node,
        draft,
        code: await findCode(target, [node, ...reachable(sightings)], session.client),
        waitMs: waitMs(flags),
        json: this.jsonEnabled(),
        onInjected: ({ name }) => {
          this.say(`${name}  ${draft.module} ${draft.code?.version ?? ''}  the code and settings of ${records.name(target)}`);
          for (const remark of rollbackRemarks(target, before, records, scrub)) this.remark(remark);
        },
      });
      const { converged, deployment } = delivered;
      if (converged !== undefined) this.remark(convergedText(deployment, converged));
      return { ...delivered, disbelieved };
    });
  }
}
