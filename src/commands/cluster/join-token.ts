/** `gossip cluster join-token`: lets new nodes join, without an online signer. */
import { makeJoinToken, openCluster, openOperatorKey } from '../../operator/cluster/clusters.ts';
import { rememberToken } from '../../operator/cluster/made-tokens.ts';
import { openSettings } from '../../operator/settings/settings.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { toGossipError } from '../../model/errors.ts';
import { DAY_MS, MAX_DURATION_MS } from '../../model/duration.ts';
import { clusterFlag, durationFlag, signerFlag } from '../terminal/flags.ts';

export default class ClusterJoinToken extends BaseCommand {
  static override summary = 'Print a token with which nodes join the cluster.';
  static override description = `The token holds the whole root and a delegated key, so that even a first node needs nobody online. Whoever has it may join until it expires: hand it over like a password. Nodes that joined stay members when it has expired. It cannot be counted: any number of nodes may join.

Its fingerprint is printed on standard error and noted here, in the cluster's directory: 'gossip cluster tokens' lists it, and 'gossip cluster revoke-token' ends it before its time. The token itself is not kept.`;
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

  override async run() {
    const { flags } = await this.parse(ClusterJoinToken);
    const cluster = await openCluster(openSettings(), flags.cluster);
    const key = await openOperatorKey(cluster, this.keyOwner);
    const now = Date.now();
    const { token, fingerprint, expires } = makeJoinToken(cluster, key, { validMs: flags.valid, now });
    const until = new Date(expires).toISOString();
    // A token that is good is given out all the same, with what is needed to revoke it.
    await rememberToken(cluster, { fingerprint, epoch: cluster.root.root.epoch, made: now, expires }).catch((thrown: unknown) =>
      this.remark(`Not noted for 'gossip cluster tokens': ${toGossipError(thrown).message}`),
    );
    this.remark(`Token ${fingerprint}, until ${until}`);
    this.say(token);
    return { token, fingerprint, cluster: cluster.root.cluster, expires: until };
  }
}
