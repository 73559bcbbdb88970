/** `gossip history`: who deployed what, when, why and from where. */
import { historyOf } from '../operator/status/history.ts';
import { historyTable } from '../operator/render/history-table.ts';
import { disbeliefText, requireModule, survey } from '../operator/status/survey.ts';
import { BaseCommand } from './terminal/base-command.ts';
import { clusterFlag, moduleFlag } from './terminal/flags.ts';
import { drawTable } from './terminal/table.ts';

export default class History extends BaseCommand {
  static override summary = 'List the deployments, newest first: who, what, when, why and from where.';
  static override description =
    'Every record is verified against the root before it is shown. Nodes keep the last 64 deployments of each module.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'Of one module', command: '<%= config.bin %> <%= command.id %> --module membership' },
  ];
  static override flags = { module: moduleFlag({ summary: 'Of this module alone.' }), cluster: clusterFlag };

  override async run() {
    const { flags } = await this.parse(History);
    const { records, disbelieved } = await this.withCluster(flags.cluster, ({ cluster, client }) => survey(cluster, client));
    for (const liar of disbelieved) this.complain(disbeliefText(liar));
    if (flags.module !== undefined) requireModule(records, flags.module);
    const entries = historyOf(records, flags.module);
    if (entries.length === 0) this.say('Nothing was deployed yet.');
    else this.show(drawTable(historyTable(entries)));
    return entries;
  }
}
