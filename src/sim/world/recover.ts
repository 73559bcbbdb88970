/** An operator's way back from a stolen key. */
import type { VerifiedDeployment } from '../../model/deployment.ts';
import { BEGINNING_MS } from '../../sdk/virtual/scheduler.ts';
import type { SimNode } from '../node/node.ts';
import type { Cluster } from './cluster.ts';
import { insist } from './insist.ts';
import type { Order } from './operator.ts';

export interface Recovering {
  readonly at: SimNode;
  /** Told the records once root and records are durable there. */
  readonly done: (records: readonly VerifiedDeployment[]) => void;
  /** Whether a trust epoch begins; default true. */
  readonly raise?: boolean;
}

/** A new version of the root that opens a trust epoch, with all that is wanted in it, told at a node until it has both. */
export function recover(cluster: Cluster, orders: readonly Order[], { at, done, raise = true }: Recovering): void {
  const { operator } = cluster;
  const root = operator.rotate({ raise, modules: orders.length });
  const time = BEGINNING_MS + Math.round(cluster.now + cluster.operatorSkewMs);
  const records = orders.map((order, place) => operator.sign(order, { sequence: place + 1, time, origin: at.peer.id }));
  insist(cluster, at, (isDone) => at.takeRoot(root, () => isDone(() => done(records)), records));
}
