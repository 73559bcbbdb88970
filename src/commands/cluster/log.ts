/** `gossip cluster log`: every version of the root. */
import { refreshRoot } from '../../operator/cluster/root-change.ts';
import { rootLog } from '../../operator/cluster/root-log.ts';
import type { RootLogEntry } from '../../operator/cluster/root-log.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { clusterFlag } from '../terminal/flags.ts';

export default class ClusterLog extends BaseCommand {
  static override summary = 'List the versions of the root, newest first: when, what changed, and who signed.';
  static override description =
    'Takes over the newest root that nodes lead to; each version is verified against the one before. Times are those of the clocks of whoever signed.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'For programs', command: '<%= config.bin %> <%= command.id %> --json' },
  ];
  static override flags = { cluster: clusterFlag };

  override async run() {
    const { flags } = await this.parse(ClusterLog);
    const entries = await this.withCluster(flags.cluster, async ({ cluster, client }) =>
      rootLog((await refreshRoot(cluster, client)).cluster.root),
    );
    for (const entry of entries) this.say(...entryLines(entry));
    return entries;
  }
}

function entryLines({ version, created, changes, signers }: RootLogEntry): string[] {
  const signed = signers.map(({ keyid, name }) => (name === null ? keyid.slice(0, 12) : `${name} (${keyid.slice(0, 12)})`));
  return [
    `root ${version}  ${created.replace('T', ' ').replace(/\.\d+Z$/, 'Z')}  signed by ${signed.join(', ')}`,
    ...changes.map((line) => `  ${line}`),
  ];
}
