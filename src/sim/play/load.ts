/** What a stretch of simulated time costs the nodes of a cluster, rendezvous nodes apart from the others. */
import type { Cluster } from '../world/cluster.ts';
import type { SimNode } from '../node/node.ts';

export interface Load {
  /** Those that are no rendezvous nodes; null where there are none. */
  readonly nodes: GroupLoad | null;
  readonly rendezvous: GroupLoad;
}

export interface GroupLoad {
  readonly sentMessages: Figure;
  readonly sentBytes: Figure;
  readonly receivedMessages: Figure;
  readonly receivedBytes: Figure;
}

/** Of one node of the group in the mean, and of the busiest. */
export interface Figure {
  readonly mean: number;
  readonly busiest: number;
}

type Counts = { readonly [Name in keyof GroupLoad]: number };

export class LoadMeter {
  readonly #cluster: Cluster;
  readonly #begin: ReadonlyMap<SimNode, Counts>;

  /** Counts from now on. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#begin = new Map(cluster.nodes.map((node) => [node, this.#counts(node)]));
  }

  read(): Load {
    const { otherNodes } = this.#cluster;
    return { nodes: otherNodes.length === 0 ? null : this.#group(otherNodes), rendezvous: this.#group(this.#cluster.rendezvousNodes) };
  }

  #group(nodes: readonly SimNode[]): GroupLoad {
    const counts = nodes.map((node) => ({ now: this.#counts(node), before: this.#begin.get(node) }));
    const figure = (name: keyof Counts): Figure => {
      const values = counts.map(({ now, before }) => now[name] - (before?.[name] ?? 0));
      const sum = values.reduce((total, value) => total + value, 0);
      return { mean: sum / values.length, busiest: values.reduce((most, value) => Math.max(most, value), 0) };
    };
    return {
      sentMessages: figure('sentMessages'),
      sentBytes: figure('sentBytes'),
      receivedMessages: figure('receivedMessages'),
      receivedBytes: figure('receivedBytes'),
    };
  }

  #counts({ peer }: SimNode): Counts {
    const { sent, received } = this.#cluster.network.traffic.of(peer.id);
    return {
      sentMessages: sent.messages,
      sentBytes: sent.bytes,
      receivedMessages: received.messages,
      receivedBytes: received.bytes,
    };
  }
}
