/** `gossip rollout`: follows a deployment to its end. */
import { Args, Flags } from '@oclif/core';
import { GossipError } from '../model/errors.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import { missingTable, sourceText, stagesText, timesTable, treeLines } from '../operator/render/rollout-text.ts';
import type { Session } from '../operator/settings/session.ts';
import { Spread } from '../operator/status/spread.ts';
import type { SpreadView } from '../operator/status/spread.ts';
import { disbeliefText, survey } from '../operator/status/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { follow } from './terminal/deploying.ts';
import { clusterFlag, DEFAULT_WAIT_TEXT, durationFlag, endFlags, waitingOf } from './terminal/flags.ts';
import { drawTable } from './terminal/table.ts';
import { NotConverged } from './terminal/waiting.ts';
import type { ConvergedJson, Waiting } from './terminal/waiting.ts';

export default class Rollout extends BaseCommand {
  static override summary = 'Follow a deployment to its end: who knows it, has its code, runs it, in good health, and after what time.';
  static override description = `By default the newest deployment; one that is done is told of likewise. It ends as soon as the outcome is certain, with the exit codes of --wait: 0 every node runs it, 4 not in time or unknown for some, 5 it is stuck. Ctrl-C ends the looking, not the deployment.

Then it says how many nodes are how far, who is missing and why, and after what time 50, 90, 99 and 100 % of the nodes knew it, had its code and ran it. Nodes keep for a while when the last deployments came, until they restart; the times are since the first node accepted it. Where none has kept them, the times are those that this command saw, and it says so.

--tree shows who had the record from whom, by which way, and from whom the code.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> d3 --timeout 5m',
    { description: 'The way that it took', command: '<%= config.bin %> <%= command.id %> --tree' },
  ];
  static override args = { deployment: Args.string({ description: "A deployment from 'gossip history', such as d3." }) };
  static override flags = {
    tree: Flags.boolean({ default: false, summary: 'Show also who had it from whom, and when.' }),
    cluster: clusterFlag,
    timeout: durationFlag({ summary: `How long it waits at most; ${DEFAULT_WAIT_TEXT}.` }),
    ...endFlags,
  };

  override async run() {
    const { args, flags } = await this.parse(Rollout);
    return this.withCluster(flags.cluster, async (session) => {
      const { records, disbelieved } = await survey(session.cluster, session.client);
      for (const liar of disbelieved) this.complain(disbeliefText(liar));
      const [newest] = records.all;
      if (newest === undefined) throw new GossipError('GOSSIP_E_DEPLOYMENT_UNKNOWN', 'nothing was deployed yet');
      const record = args.deployment === undefined ? newest : records.find(args.deployment);
      return this.#follow(session, record, records.name(record), waitingOf({ ...flags, wait: true }), flags.tree);
    });
  }

  async #follow(session: Session, record: VerifiedDeployment, name: string, waiting: Waiting, tree: boolean) {
    const { module, number, code } = record.deployment;
    const spread = new Spread(record, waiting.settleMs);
    const watching = {
      onLook: (sightings: Parameters<Spread['look']>[0]) => spread.look(sightings, performance.now()),
      more: () => `\n  ${stagesText(spread.view())}`,
    };
    const json = { deployment: name, number, module, code: code?.hash ?? null };
    try {
      const followed = await follow(this.speaker, session, [], { name, record }, waiting, json, watching);
      this.#tell(spread.view(), followed.converged, tree);
      return { ...followed, spread: spreadJson(spread.view(), tree) };
    } catch (thrown) {
      if (!(thrown instanceof NotConverged)) throw thrown;
      this.#tell(spread.view(), thrown.converged, tree);
      throw thrown.beside({ ...json, spread: spreadJson(spread.view(), tree) });
    }
  }

  #tell(view: SpreadView, seen: ConvergedJson, tree: boolean): void {
    this.say(stagesText(view));
    const missing = missingTable(seen);
    if (missing !== null) this.show(`\n${drawTable(missing)}`);
    const times = timesTable(view);
    if (times !== null) this.show(`\n${drawTable(times)}`);
    if (times !== null) this.say(sourceText(view));
    if (!tree) return;
    const lines = treeLines(view);
    this.say('', ...(lines.length === 0 ? ['no node has kept from whom it had it'] : lines));
  }
}

/** Who had it from whom only where it was asked for: a line for each node. */
function spreadJson({ arrivals, ...view }: SpreadView, tree: boolean) {
  return tree ? { ...view, arrivals } : view;
}
