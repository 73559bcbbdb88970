/** `gossip rollout`: follows a deployment to its end. */
import { Args } from '@oclif/core';
import { GossipError } from '../model/errors.ts';
import { disbeliefText, survey } from '../operator/status/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { follow } from './terminal/deploying.ts';
import { clusterFlag, durationFlag, endFlags, waitingOf } from './terminal/flags.ts';

export default class Rollout extends BaseCommand {
  static override summary = 'Follow a deployment until every node runs it: what --wait does, for one already under way.';
  static override description = `By default the newest deployment. Exit codes are those of --wait: 0 every node runs it, 4 not in time or unknown for some, 5 it is stuck.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> d3 --timeout 5m'];
  static override args = { deployment: Args.string({ description: "A deployment from 'gossip history', such as d3." }) };
  static override flags = {
    cluster: clusterFlag,
    timeout: durationFlag({ summary: 'How long it waits at most; by default 60s.' }),
    ...endFlags,
  };

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Rollout);
    return this.withCluster(flags.cluster, async (session) => {
      const { records, disbelieved } = await survey(session.cluster, session.client);
      for (const liar of disbelieved) this.complain(disbeliefText(liar));
      const [newest] = records.all;
      if (newest === undefined) throw new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', 'nothing was deployed yet');
      const record = args.deployment === undefined ? newest : records.find(args.deployment);
      const name = records.name(record);
      const { module, number, code } = record.deployment;
      const waiting = waitingOf({ ...flags, wait: true });
      return follow(this.speaker, session, [], { name, record }, waiting, { deployment: name, number, module, code: code?.hash ?? null });
    });
  }
}
