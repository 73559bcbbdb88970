/** Takes over the newest root of a cluster from its nodes, and makes the next one known to them. */
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { NodeStatus } from '../../api/status.ts';
import { extendRoot, stepsAfter } from '../../trust/next-root.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { NodeAddress, OperatorClient } from '../client/client.ts';
import { rootSteps, tellRoot } from '../client/root-calls.ts';
import type { BesideRoot } from '../client/root-calls.ts';
import { gatherCluster } from '../client/nodes.ts';
import type { OperatorCluster } from './clusters.ts';
import { keepSteps } from './root-steps.ts';

/** Nodes that are asked for steps at most, the newest first: one that tells of a version and shows no way to it lies. */
const MAX_ASKED = 8;

export interface RootHolder {
  readonly node: NodeAddress;
  readonly status: NodeStatus;
}

export interface Refreshed {
  readonly cluster: OperatorCluster;
  /** Who answered, and what they hold. */
  readonly holders: readonly RootHolder[];
  readonly silent: readonly SilentNode[];
}

export interface SilentNode extends NodeAddress {
  /** It has said goodbye. */
  readonly left: boolean;
}

/** Asks everybody, and keeps the newest root that anybody leads to by steps that verify. */
export async function refreshRoot(cluster: OperatorCluster, client: OperatorClient): Promise<Refreshed> {
  const { sightings } = await gatherCluster(cluster, client);
  const holders = sightings.flatMap(({ node, answer }) => ('status' in answer ? [{ node, status: answer.status }] : []));
  const silent = sightings.flatMap(({ node, answer, belief }) => ('error' in answer ? [{ ...node, left: belief === 'left' }] : []));
  let { root } = cluster;
  for (const { node } of ahead(holders, root).slice(0, MAX_ASKED)) {
    root = await rootSteps(client, node).then(
      (steps) => extendRoot(root, steps),
      () => root,
    );
  }
  if (root !== cluster.root) await keepSteps(cluster.directory, root);
  return { cluster: { ...cluster, root }, holders, silent };
}

function ahead(holders: readonly RootHolder[], { root }: TrustedRoot): readonly RootHolder[] {
  return holders.filter(({ status }) => versionOf(status) > root.version).toSorted((a, b) => versionOf(b.status) - versionOf(a.status));
}

/** Of a node of before, 1: it knows of the first only. */
export function versionOf({ root }: NodeStatus): number {
  return root?.version ?? 1;
}

/** Makes `next` known at a node that holds some version before it, with the first records of a trust epoch in the same message; durable there when this returns. */
export async function injectRoot(
  client: OperatorClient,
  { node, status }: RootHolder,
  next: TrustedRoot,
  beside: BesideRoot = {},
): Promise<void> {
  const steps = stepsAfter(next, versionOf(status), { maxSteps: 32 });
  const told = await tellRoot(client, node, next, steps, beside).catch((thrown: unknown) => {
    const { code, message } = toGossipError(thrown);
    throw new GossipError(code, `${node.name || node.address} refuses the root: ${message}`, { cause: thrown });
  });
  if (told === null) {
    throw new GossipError(
      'GOSSIP_E_ROOT_VERSION',
      `${node.name || node.address} runs a version of the program that knows of the first root only`,
      {
        advice: 'Update the program on every node first.',
      },
    );
  }
  if (told.hash === next.hash) return;
  throw new GossipError('GOSSIP_E_ROOT_VERSION', `${node.name || node.address} holds another root ${told.version} by now`);
}
