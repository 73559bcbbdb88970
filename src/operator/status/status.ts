/** The whole cluster as one value: every node, module and deployment, and why a node has not moved (law 9). */
import type { ErrorCode, Failure } from '../../model/errors.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ClusterId, ContentHash, NodeId } from '../../model/names.ts';
import type { NodeStatus } from '../../api/status.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import { reachable } from './gather.ts';
import type { Sighting } from './gather.ts';
import type { Records } from './records.ts';
import { survey } from './survey.ts';
import type { Disbelieved, Survey, SurveyOptions } from './survey.ts';
import { moduleRows } from './module-row.ts';
import type { ModuleRow } from './module-row.ts';
import { progressOf } from './progress.ts';
import type { Belief, Unasked } from './standing.ts';
import { silentOf } from './await-rollout.ts';
import type { Silent } from './await-rollout.ts';

export type { ModuleRow } from './module-row.ts';

/** A newest deployment; `code` is null when it removes the module. */
export interface NewestView {
  readonly deployment: string;
  readonly code: ContentHash | null;
  readonly version: string | null;
}

export interface NodeRow {
  readonly name: string;
  readonly id: NodeId;
  readonly address: string;
  readonly reachable: boolean;
  /** What is believed of it, where it did not answer. */
  readonly belief?: Belief;
  /** How long nobody has heard of it, where it did not answer; absent where nobody tells. */
  readonly silentMs?: number;
  readonly rendezvous: boolean;
  readonly incarnation: number | null;
  readonly uptimeMs: number | null;
  readonly isolation: string | null;
  readonly version: string | null;
  readonly digest: string | null;
  readonly backup: NodeStatus['backup'] | null;
  /** Whom it speaks with; null where the node does not say. */
  readonly view: readonly NodeId[] | null;
  readonly disk: Failure | null;
  /** What code takes on its disk, and may take; null where the node does not say. */
  readonly quota: { readonly usedBytes: number; readonly quotaBytes: number } | null;
  /** Why it reaches no peer; null while it does. */
  readonly outgoing: Failure | null;
  /** Why others cannot call it; null while they can, or it cannot tell. */
  readonly incoming: Failure | null;
  /** Why no member lets it in; null when one has. */
  readonly outside: Failure | null;
  /** How much it is behind itself, from 1; null where it does not say. */
  readonly strain: NodeStatus['strain'] | null;
  /** Whether it holds what most rendezvous nodes hold; null where it does not say. */
  readonly freshness: NodeStatus['freshness'] | null;
  /** Memory of the host process that waits for the next start; null while there is none. */
  readonly spareHostBytes: number | null;
  readonly connections: NodeStatus['connections'] | null;
  /** Programs that it starts for events; null where it does not say. */
  readonly handlers: NodeStatus['handlers'] | null;
  /** Where it looks for addresses of members, and what came of it; null where it does not say. */
  readonly joinFrom: NodeStatus['joinFrom'] | null;
  /** What it noticed that a person must look at. */
  readonly alarms: readonly Failure[];
  readonly modules: readonly ModuleRow[];
  /** Why it is not reachable. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** Where only some members were asked. */
export interface SampleView {
  /** Ids of those that were drawn at random. Whom the operator named was asked besides. */
  readonly drawn: readonly NodeId[];
}

export interface ClusterStatus {
  readonly name: string;
  readonly cluster: ClusterId;
  /** Of each module that is there, or that a node still lists. */
  readonly newest: Readonly<Record<string, NewestView>>;
  /** Modules that were removed. There may be thousands. */
  readonly removed: number;
  readonly nodes: readonly NodeRow[];
  /**
   * Every member answered, has the same configuration and runs, in good health, the newest deployment of each module that it may run. Null where
   * nothing was ever deployed, for there is nothing on which nodes could agree; and where one node alone or only some were asked, who are well, for they say nothing of the others (law 9).
   */
  readonly converged: boolean | null;
  /** Members that are known of, asked or not: without those that are gone, have left, or are only told of. */
  readonly known: number;
  /** Null where all of them were asked. */
  readonly sample: SampleView | null;
  /** Nodes that answered. */
  readonly answered: number;
  /** Members that did not answer, so that nobody can say what they run. */
  readonly silent: readonly Silent[];
  /** Members that call others but cannot be called. */
  readonly calling: readonly Silent[];
  /** Members that nobody has heard of for long. */
  readonly gone: readonly Silent[];
  /** Members that have said goodbye. */
  readonly left: readonly Silent[];
  /** Nodes that were only told of: asked in vain, and not asked at all. */
  readonly hearsay: { readonly asked: readonly Silent[]; readonly unasked: Unasked };
  /** Nodes whose configuration does not verify; nothing of it was used. */
  readonly disbelieved: readonly Disbelieved[];
}

/** Asks every node that can be found, or with `only` that one alone. */
export async function clusterStatus(
  cluster: OperatorCluster,
  api: NodeApi,
  only?: NodeAddress,
  asking: SurveyOptions = {},
): Promise<ClusterStatus> {
  const view = viewOf(cluster, await survey(cluster, api, only, asking));
  return only === undefined && view.sample === null ? view : ofSome(view);
}

/** That some nodes are well says nothing of the others. */
export function ofSome(view: ClusterStatus): ClusterStatus {
  return { ...view, converged: view.converged === true ? null : view.converged };
}

/** The view of what was seen. */
export function viewOf(
  cluster: Pick<OperatorCluster, 'name' | 'root'>,
  { sightings, unasked, sample, records, disbelieved }: Survey,
): ClusterStatus {
  const nodes = reachable(sightings);
  const newest = records.modules.flatMap((module) => records.newest(module) ?? []);
  const present = presentOf(nodes, newest);
  const rendezvous = new Set<string>(cluster.root.root.rendezvous.map(({ id }) => id));
  const silent = silentOf(sightings, 'member');
  return {
    name: cluster.name,
    cluster: cluster.root.cluster,
    newest: Object.fromEntries(present.map((record) => [record.deployment.module, newestView(record, records)])),
    removed: newest.filter(isRemoval).length,
    nodes: sightings.map((sighting) => nodeRow(sighting, records, rendezvous)).sort(byRoleThenName),
    converged: silent.length === 0 && isConverged(nodes, newest) && (newest.length > 0 || null),
    known: sample?.known ?? nodes.length + silent.length + silentOf(sightings, 'calls').length,
    sample: sample === undefined ? null : { drawn: sightings.flatMap(({ node: { id } }) => (sample.drawn.has(id) ? [id] : [])) },
    answered: nodes.length,
    silent,
    calling: silentOf(sightings, 'calls'),
    gone: silentOf(sightings, 'gone'),
    left: silentOf(sightings, 'left'),
    hearsay: { asked: silentOf(sightings, 'hearsay'), unasked },
    disbelieved,
  };
}

/** Without the removed ones, but for those of which a node has something to tell. */
function presentOf(nodes: readonly NodeStatus[], newest: readonly VerifiedDeployment[]): readonly VerifiedDeployment[] {
  const told = new Set(nodes.flatMap(({ modules }) => modules.map(({ name }) => name)));
  return newest.filter((record) => !isRemoval(record) || told.has(record.deployment.module));
}

function isRemoval({ deployment: { code } }: VerifiedDeployment): boolean {
  return code === null;
}

/** What is known of nobody's configuration is not converged either. */
function isConverged(nodes: readonly NodeStatus[], newest: readonly VerifiedDeployment[]): boolean {
  const isUnread = newest.length === 0 && nodes.some(({ highestSequence }) => highestSequence > 0);
  const settled = (node: NodeStatus): boolean =>
    !node.outside &&
    newest.every((record) => {
      const { progress } = progressOf(record, node, { steadyMs: 0, others: nodes.length - 1 });
      return progress === 'done' || progress === 'elsewhere';
    });
  return !isUnread && nodes.length > 0 && new Set(nodes.map(({ digest }) => digest)).size === 1 && nodes.every(settled);
}

function newestView(record: VerifiedDeployment, records: Records): NewestView {
  const { code } = record.deployment;
  return { deployment: records.name(record), code: code?.hash ?? null, version: code?.version ?? null };
}

function nodeRow(
  { node, answer, belief = 'member', silentMs = null }: Sighting,
  records: Records,
  rendezvous: ReadonlySet<string>,
): NodeRow {
  const identity = { name: node.name, id: node.id, address: node.address };
  if ('error' in answer) {
    const { code, message } = answer.error;
    const unknown = {
      incarnation: null,
      uptimeMs: null,
      isolation: null,
      version: null,
      digest: null,
      backup: null,
      view: null,
      disk: null,
      quota: null,
      outgoing: null,
      incoming: null,
      outside: null,
      strain: null,
      freshness: null,
      spareHostBytes: null,
      connections: null,
      handlers: null,
      joinFrom: null,
      alarms: [],
      modules: [],
    };
    return {
      ...identity,
      reachable: false,
      belief,
      ...(silentMs !== null && { silentMs }),
      rendezvous: rendezvous.has(node.id),
      ...unknown,
      error: { code, message },
    };
  }
  const { status } = answer;
  return {
    ...identity,
    reachable: true,
    rendezvous: rendezvous.has(node.id),
    incarnation: status.incarnation,
    uptimeMs: status.uptimeMs,
    isolation: status.isolation,
    version: status.version,
    digest: status.digest,
    backup: status.backup,
    view: status.view ?? null,
    disk: status.disk.error,
    quota: status.disk.quotaBytes === undefined ? null : { usedBytes: status.disk.contentBytes, quotaBytes: status.disk.quotaBytes },
    outgoing: status.outgoing.error,
    incoming: status.incoming?.error ?? null,
    outside: status.outside ?? null,
    strain: status.strain ?? null,
    freshness: status.freshness ?? null,
    spareHostBytes: status.spareHostBytes ?? null,
    connections: status.connections ?? null,
    handlers: status.handlers ?? null,
    joinFrom: status.joinFrom ?? null,
    alarms: status.alarms,
    modules: moduleRows(status, records),
  };
}

/** Whoever is not there any more comes last. */
function byRoleThenName(a: NodeRow, b: NodeRow): number {
  return (
    Number(isAway(a)) - Number(isAway(b)) ||
    Number(b.rendezvous) - Number(a.rendezvous) ||
    a.name.localeCompare(b.name, 'en', { numeric: true }) ||
    (a.id < b.id ? -1 : 1)
  );
}

/** It has left, or nobody has heard of it for long: nobody waits for it. */
export function isAway({ belief }: NodeRow): boolean {
  return belief === 'gone' || belief === 'left';
}
