/** An operator within the test's own process, out of the build: looks at a cluster as the commands do, without a process for every look. */
import type { Peer } from '../../src/model/names.ts';
import { parseModuleName } from '../../src/model/names.ts';
import type * as ClientModule from '../../src/operator/client/client.ts';
import type { OperatorClient } from '../../src/operator/client/client.ts';
import type * as ClustersModule from '../../src/operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../src/operator/cluster/clusters.ts';
import type * as SettingsModule from '../../src/operator/settings/settings.ts';
import type * as StatusModule from '../../src/operator/status/status.ts';
import type { ClusterStatus } from '../../src/operator/status/status.ts';

export class Operator {
  readonly #cluster: OperatorCluster;
  readonly #client: OperatorClient;
  readonly #status: typeof StatusModule;

  private constructor(cluster: OperatorCluster, client: OperatorClient, status: typeof StatusModule) {
    this.#cluster = cluster;
    this.#client = client;
    this.#status = status;
  }

  /** Of the current cluster of the settings in `home`. Whoever opens it must close it. */
  static async open(home: string): Promise<Operator> {
    const [{ openSettings }, { openCluster }, { OperatorClient: Client }, status] = await Promise.all([
      built<typeof SettingsModule>('settings/settings'),
      built<typeof ClustersModule>('cluster/clusters'),
      built<typeof ClientModule>('client/client'),
      built<typeof StatusModule>('status/status'),
    ]);
    const cluster = await openCluster(openSettings({ GOSSIP_HOME: home }));
    return new Operator(cluster, new Client(cluster), status);
  }

  /** What `gossip status --json` prints. */
  status(): Promise<ClusterStatus> {
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

function built<Module>(name: string): Promise<Module> {
  return import(new URL(`../../dist/operator/${name}.js`, import.meta.url).href) as Promise<Module>;
}
