/** An operator within the test's own process, out of the build: looks at a cluster as the commands do, without a process for every look. */
import type { Peer } from '../../src/model/names.ts';
import { parseModuleName } from '../../src/model/names.ts';
import type * as ClientModule from '../../src/operator/client/client.ts';
import type { OperatorClient } from '../../src/operator/client/client.ts';
import type * as RootFollowingModule from '../../src/operator/client/root-following.ts';
import type * as ClustersModule from '../../src/operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../src/operator/cluster/clusters.ts';
import type * as SettingsModule from '../../src/operator/settings/settings.ts';
import type * as StatusModule from '../../src/operator/status/status.ts';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { built } from './built.ts';

export class Operator {
  readonly #cluster: OperatorCluster;
  readonly #client: OperatorClient;
  readonly #reread: () => Promise<void>;
  readonly #status: typeof StatusModule;

  private constructor(cluster: OperatorCluster, client: OperatorClient, reread: () => Promise<void>, status: typeof StatusModule) {
    this.#reread = reread;
    this.#cluster = cluster;
    this.#client = client;
    this.#status = status;
  }

  /** Of the current cluster of the settings in `home`. Whoever opens it must close it. */
  static async open(home: string): Promise<Operator> {
    const { openSettings } = built('operator/settings/settings.js') as typeof SettingsModule;
    const { openCluster } = built('operator/cluster/clusters.js') as typeof ClustersModule;
    const { OperatorClient: Client } = built('operator/client/client.js') as typeof ClientModule;
    const { RootFollowing: Following } = built('operator/client/root-following.js') as typeof RootFollowingModule;
    const cluster = await openCluster(openSettings({ GOSSIP_HOME: home }));
    const following = new Following({ cluster, keep: () => Promise.resolve(), remark: () => undefined });
    // What commands have kept meanwhile, as whoever looks anew would find it.
    const reread = async (): Promise<void> => void (cluster.root = (await openCluster(openSettings({ GOSSIP_HOME: home }))).root);
    return new Operator(
      cluster,
      new Client(cluster, {}, null, following),
      reread,
      built('operator/status/status.js') as typeof StatusModule,
    );
  }

  /** What `gossip status --json` prints. */
  async status(): Promise<ClusterStatus> {
    await this.#reread();
    return this.#status.clusterStatus(this.#cluster, this.#client);
  }

  /** What a module on a node shows of its state. */
  inspect(node: Peer, module: string): Promise<unknown> {
    return this.#client.inspect(node, parseModuleName(module));
  }

  close(): void {
    this.#client.close();
  }
}
