/** `gossip diff`: in what two deployments of a module differ. */
import { Args, Flags } from '@oclif/core';
import { deploymentDifference, twoOf } from '../operator/difference/deployment-difference.ts';
import { differenceLines } from '../operator/render/difference-text.ts';
import { reachable } from '../operator/status/gather.ts';
import { disbeliefText, survey } from '../operator/status/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag } from './terminal/flags.ts';
import { drawLines } from './terminal/table.ts';

export default class Diff extends BaseCommand {
  static override summary = 'Show in what two deployments of a module differ: files, their lines, settings, author.';
  static override description = `With one deployment it is compared with the one before it. The code comes from the nodes that still keep it, and every byte is checked against the signed hash; where no node has it any more, the rest is shown.

Lines are shown of text of at most 256 KiB. In --json "hunks" are as of 'diff -u', without its head.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> d3 d5',
    { description: 'What the newest changed', command: '<%= config.bin %> <%= command.id %> d5' },
    { description: 'The files alone, without their lines', command: '<%= config.bin %> <%= command.id %> d3 d5 --stat' },
  ];
  static override usage = '<%= command.id %> DEPLOYMENT [DEPLOYMENT] [--json] [--stat] [--cluster NAME]';
  static override args = {
    before: Args.string({ description: "A deployment from 'gossip history', such as d3.", required: true }),
    after: Args.string({ description: 'The one to compare it with.' }),
  };
  static override flags = {
    stat: Flags.boolean({ default: false, summary: 'Which files differ, without their lines.' }),
    cluster: clusterFlag,
  };

  override async run() {
    const { args, flags } = await this.parse(Diff);
    return this.withCluster(flags.cluster, async ({ cluster, client }) => {
      const { sightings, records, disbelieved } = await survey(cluster, client);
      for (const liar of disbelieved) this.complain(disbeliefText(liar));
      const two = twoOf(records, [args.before, args.after]);
      const difference = await deploymentDifference(two, records, { nodes: reachable(sightings), api: client, lines: !flags.stat });
      this.show(drawLines(differenceLines(difference)));
      return difference;
    });
  }
}
