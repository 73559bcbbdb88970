/** `gossip cluster join-token`: lets new nodes join, without an online signer. */
import { makeJoinToken, openCluster, openOperatorKey } from '../../operator/cluster/clusters.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { DAY_MS, MAX_DURATION_MS } from '../../model/duration.ts';
import { clusterFlag, durationFlag, signerFlag } from '../terminal/flags.ts';

export default class ClusterJoinToken extends BaseCommand {
  static override summary = 'Print a token with which nodes join the cluster.';
  static override description = `The token holds the whole root and a delegated key, so that even a first node needs nobody online. Whoever has it may join until it expires: hand it over like a password. Nodes that joined stay members when it has expired.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> > gossip.token',
    { description: 'A token for one hour', command: '<%= config.bin %> <%= command.id %> --valid 1h' },
  ];
  static override flags = {
    valid: durationFlag({
      summary: 'How long nodes may join with it.',
      default: DAY_MS,
      defaultHelp: async () => '24h',
      minMs: 1_000,
      maxMs: MAX_DURATION_MS,
    }),
    signer: signerFlag,
    cluster: clusterFlag,
  };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(ClusterJoinToken);
    const cluster = await openCluster(openSettings(), flags.cluster);
    const key = await openOperatorKey(cluster, this.keyOwner);
    const { token, expires } = makeJoinToken(cluster, key, { validMs: flags.valid, now: Date.now() });
    this.say(token);
    return { token, cluster: cluster.root.cluster, expires: new Date(expires).toISOString() };
  }
}
