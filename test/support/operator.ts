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
import { built } from './built.ts';

export class Operator {
  readonly #open: () => Promise<{ cluster: OperatorCluster; client: OperatorClient }>;
  #cluster: OperatorCluster;
  #client: OperatorClient;
  readonly #status: typeof StatusModule;

  private constructor(
    open: () => Promise<{ cluster: OperatorCluster; client: OperatorClient }>,
    first: { readonly cluster: OperatorCluster; readonly client: OperatorClient },
    status: typeof StatusModule,
  ) {
    this.#open = open;
    this.#cluster = first.cluster;
    this.#client = first.client;
    this.#status = status;
  }

  /** Of the current cluster of the settings in `home`. Whoever opens it must close it. */
  static async open(home: string): Promise<Operator> {
    const { openSettings } = built('operator/settings/settings.js') as typeof SettingsModule;
    const { openCluster } = built('operator/cluster/clusters.js') as typeof ClustersModule;
    const { OperatorClient: Client } = built('operator/client/client.js') as typeof ClientModule;
    const open = async () => {
      const cluster = await openCluster(openSettings({ GOSSIP_HOME: home }));
      return { cluster, client: new Client(cluster) };
    };
    return new Operator(open, await open(), built('operator/status/status.js') as typeof StatusModule);
  }

  /** What `gossip status --json` prints. */
  async status(): Promise<ClusterStatus> {
    const status = await this.#status.clusterStatus(this.#cluster, this.#client);
    // The root may have changed by a command since: then nothing that a node shows would verify.
    return status.disbelieved.length === 0 ? status : this.#again();
  }

  async #again(): Promise<ClusterStatus> {
    this.#client.close();
    ({ cluster: this.#cluster, client: this.#client } = await this.#open());
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
