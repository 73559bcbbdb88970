/** `gossip cluster list`: the clusters of the operator's settings. */
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { drawTable } from '../terminal/table.ts';

export default class ClusterList extends BaseCommand {
  static override summary = "List the clusters in the operator's settings.";
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  override async run() {
    await this.parse(ClusterList);
    const settings = openSettings();
    const current = settings.current();
    const clusters = Object.entries(settings.clusters()).map(([name, { cluster, directory }]) => ({
      name,
      cluster,
      directory,
      current: name === current,
    }));
    if (clusters.length === 0) this.say("No cluster yet: make one with 'gossip cluster init', 'gossip lab up' or 'gossip node run'.");
    else {
      const rows = clusters.map((entry) => [
        { text: entry.current ? '*' : '' },
        { text: entry.name },
        { text: entry.cluster.slice(0, 12) },
        { text: entry.directory },
      ]);
      this.show(drawTable({ head: ['', 'name', 'cluster', 'keys'], rows, spare: [] }));
    }
    return clusters;
  }
}
