/** What scenarios share: the goals of the fault table, orders, and clusters to begin with. */
import type { ModuleName } from '../../model/names.ts';
import type { Cluster } from '../world/cluster.ts';
import { shippedCode } from '../world/codes.ts';
import type { Flaw, Shipped } from '../world/codes.ts';
import type { SimNode } from '../node/node.ts';
import type { Order } from '../world/operator.ts';
import { log2, settle } from './scenario.ts';

/** Until every node that was taken away is up again, and every refusing disk sound. */
export const RECOVERY_ROUNDS = 30;

/** Goals in gossip rounds, for all nodes to hold the same configuration. */
export const GOAL = {
  clean: (nodes: number): number => log2(nodes) + 3,
  /** 30 % of the exchanges fail, 10 % of the nodes restart in every round, or 20 % are byzantine. */
  rough: (nodes: number): number => 2 * log2(nodes) + 5,
  /** 50 % of the exchanges fail. */
  half: (nodes: number): number => 3 * log2(nodes) + 8,
  /** After a partition heals. */
  healed: (): number => 5,
  /** After a repair was injected where every module crashes. */
  repaired: (): number => 10,
} as const;

export function order(module: Shipped, version: string, more: Partial<Order> & { readonly flaw?: Flaw } = {}): Order {
  const { flaw, ...rest } = more;
  return { module: module as string as ModuleName, code: shippedCode(module, version, flaw), ...rest };
}

/** A cluster that has run for long: `registry` 1, if no orders are given. */
export async function veteran(cluster: Cluster, ...orders: readonly Order[]): Promise<void> {
  for (const each of orders.length > 0 ? orders : [order('registry', '1')]) cluster.install(each);
  cluster.introduce();
  await settle(cluster);
}

export function rendezvous(cluster: Cluster): SimNode {
  return cluster.random.pick(cluster.rendezvousNodes) ?? anyNode(cluster);
}

export function anyNode(cluster: Cluster): SimNode {
  return cluster.random.pick(cluster.nodes) as SimNode;
}

/** Waits until every node is up. */
export async function allUp(cluster: Cluster): Promise<void> {
  const up = (): boolean => cluster.up.length === cluster.nodes.length;
  await cluster.until('every node is up again', up, RECOVERY_ROUNDS * cluster.intervalMs);
}
