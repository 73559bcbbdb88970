/** The steps that deploy, remove and rollback share: choose the node, sign, inject, say what happens, wait. */
import { GossipError } from '../../model/errors.ts';
import type { CodeSource } from '../../operator/code-source.ts';
import { openOperatorKey } from '../../operator/clusters.ts';
import { deploy } from '../../operator/deploy.ts';
import type { Deployed, Draft, Signing } from '../../operator/deploy.ts';
import { formatDuration } from '../../operator/duration.ts';
import { gather } from '../../operator/gather.ts';
import type { NodeAddress } from '../../operator/client.ts';
import { anyNode, findNode, knownNodes } from '../../operator/nodes.ts';
import type { Session } from '../../operator/session.ts';
import { waitForConvergence } from '../../operator/wait.ts';
import { progressText, startProgress } from './progress.ts';

/** How often `--wait` looks. */
const POLL_MS = 250;
/** How long every instance must have run without a break before `--wait` believes in it. */
const STEADY_MS = 1_000;

/** `--json` of every command that deploys. */
export interface DeployedJson {
  readonly deployment: string;
  readonly number: Deployed['record']['deployment']['number'];
  readonly module: string;
  /** Null when the module was removed. */
  readonly code: string | null;
  /** When the node acknowledged it, ISO 8601. */
  readonly injectedAt: string;
  /** The node it entered at. */
  readonly node: string;
  /** With `--wait`: how many nodes run it, and after how long. */
  readonly converged?: { readonly nodes: number; readonly superseded: number; readonly elapsedMs: number };
}

export function chosenNode({ cluster, client }: Session, to: string | undefined): Promise<NodeAddress> {
  return to === undefined ? anyNode(cluster, client) : findNode(to, cluster, client);
}

/** Opens the operator's key, asking for its passphrase when it has one. */
export async function signing({ cluster, keyOwner }: Session): Promise<Signing> {
  return { root: cluster.root, key: await openOperatorKey(cluster, keyOwner), now: Date.now };
}

export interface Delivery {
  readonly session: Session;
  readonly node: NodeAddress;
  readonly draft: Draft;
  readonly code: CodeSource | null;
  /** Milliseconds to wait for convergence; undefined not to wait. */
  readonly waitMs: number | undefined;
  readonly json: boolean;
  /** Called once the node has acknowledged, before the waiting. */
  readonly onInjected: (deployed: Deployed) => void;
}

export async function deliver(delivery: Delivery): Promise<DeployedJson> {
  const { session, node, draft, code, waitMs } = delivery;
  const deployed = await deploy(await signing(session), session.client, node, draft, code);
  const injectedAt = new Date().toISOString();
  delivery.onInjected(deployed);
  const { number, module } = deployed.record.deployment;
  const json = {
    deployment: deployed.name,
    number,
    module,
    code: deployed.record.deployment.code?.hash ?? null,
    injectedAt,
    node: node.name || node.address,
  };
  if (waitMs === undefined) return json;
  return { ...json, converged: await converge(session, node, deployed, waitMs, delivery.json) };
}

/** Waits, or fails with the exit code that tells how it ended. */
export async function converge(
  session: Session,
  node: NodeAddress,
  deployed: Pick<Deployed, 'name' | 'record'>,
  timeoutMs: number,
  silent: boolean,
): Promise<NonNullable<DeployedJson['converged']>> {
  const progress = await startProgress(`${deployed.name} spreads`, silent);
  try {
    const end = await waitForConvergence({
      record: deployed.record,
      look: () => gather([node, ...knownNodes(session.cluster)], (asked) => session.client.status(asked)),
      timeoutMs,
      pollMs: POLL_MS,
      steadyMs: STEADY_MS,
      clock: { now: () => performance.now(), pause },
      onProgress: (seen) => progress.update(progressText(deployed.name, seen)),
    });
    if (end.outcome === 'converged') return { nodes: end.done, superseded: end.superseded, elapsedMs: Math.round(end.elapsedMs) };
    throw new GossipError(end.outcome === 'halted' ? 'GOSSIP_E_HELD' : 'GOSSIP_E_NOT_CONVERGED', progressText(deployed.name, end));
  } finally {
    progress.stop();
  }
}

/** `d2 is in force on all 10 reachable nodes after 1.4s.` */
export function convergedText(name: string, { nodes, superseded, elapsedMs }: NonNullable<DeployedJson['converged']>): string {
  const where = nodes === 1 ? 'the one reachable node' : `all ${nodes} reachable nodes`;
  const newer = superseded === 0 ? '' : `; ${superseded} of them run a newer deployment that came meanwhile`;
  return `${name} is in force on ${where} after ${formatDuration(elapsedMs)}${newer}.`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
