/** What was seen of a cluster, as the values that the page is told. Ages that always move are left out: else each look would change every node. */
import type { ClusterEntry, HistoryLine, ModuleEntry, NodeEntry, NodeState, ProblemEntry, SpreadEntry } from '../../dashboard/wire.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { NodeId } from '../../model/names.ts';
import { namesApart } from '../render/names.ts';
import { historyOf } from '../status/history.ts';
import { kindOf, problemsOf } from '../status/problems.ts';
import type { Problem, ProblemKind } from '../status/problems.ts';
import { reasonText } from '../status/progress.ts';
import type { Records } from '../status/records.ts';
import type { SpreadView } from '../status/spread.ts';
import type { ModuleRow } from '../status/module-row.ts';
import type { ClusterStatus, NodeRow } from '../status/status.ts';

/** Nodes that are named with a problem; its text counts the others. */
const MOST_NAMED = 200;

export type Told = Omit<ClusterEntry, 'lookedAt' | 'error' | 'events'>;

export function clusterEntry({ name, cluster, known, answered, converged, sample, newest }: ClusterStatus): Told {
  const running = Object.entries(newest).filter(([, { code }]) => code !== null);
  return {
    name,
    id: cluster,
    known,
    answered,
    converged,
    sample: sample === null ? null : sample.drawn.length,
    newest: running.map(([module, { deployment, version }]) => ({ module, deployment, version })),
  };
}

export function problemEntries(problems: readonly Problem[]): readonly ProblemEntry[] {
  return problems.map(({ kind, module = null, text, nodes }) => ({
    kind,
    module,
    text,
    nodes: nodes.slice(0, MOST_NAMED).map(({ id }) => id),
  }));
}

export function nodeEntries(status: ClusterStatus): ReadonlyMap<string, NodeEntry> {
  const problems = new Map<NodeId, Problem>();
  // The worst comes first.
  for (const problem of problemsOf(status)) {
    if (problem.kind === 'alarm' || problem.kind === 'differ') continue;
    for (const { id } of problem.nodes) if (!problems.has(id)) problems.set(id, problem);
  }
  const others = status.answered - 1;
  return new Map(
    namesApart(status.nodes).map((node) => [`node ${node.id}`, nodeEntry(node, problems.get(node.id), { newest: status.newest, others })]),
  );
}

interface Surroundings {
  readonly newest: ClusterStatus['newest'];
  readonly others: number;
}

function nodeEntry(node: NodeRow, problem: Problem | undefined, { newest, others }: Surroundings): NodeEntry {
  const { id, name, address, rendezvous, error } = node;
  const shown = node.modules.filter((row) => row.state !== 'stopped' || newest[row.name]?.code !== null);
  const modules = shown.map((row) => moduleEntry(row, others));
  const state = stateOf(node, problem?.kind);
  const own = modules.find(({ why }) => why !== null)?.why ?? null;
  const why = error === undefined ? (own ?? (state === 'running' || state === 'idle' ? null : (problem?.text ?? null))) : reasonText(error);
  return { id, name: name || address, address, rendezvous, state, why, modules };
}

function moduleEntry(row: ModuleRow, others: number): ModuleEntry {
  const { name, deployment, version, state, why, health } = row;
  const kind = kindOf(row, others);
  const reason = why ?? (kind === 'unwell' ? (health?.checkpoint?.error ?? health?.errors?.last) : undefined);
  return { name, deployment, version, state, why: reason ? reasonText(reason) : null };
}

const OF_MODULES: ReadonlySet<string> = new Set<ProblemKind>(['failed', 'held', 'unwell', 'behind']);

function stateOf({ reachable, belief = 'member', modules }: NodeRow, kind: ProblemKind | undefined): NodeState {
  if (!reachable) return belief === 'member' ? 'silent' : belief;
  if (kind !== undefined) return OF_MODULES.has(kind) ? (kind as NodeState) : 'trouble';
  return modules.some(({ state }) => state === 'running') ? 'running' : 'idle';
}

export function historyLines(records: Records): readonly HistoryLine[] {
  return historyOf(records).map(({ deployment, module, version, code, scrub, rollbackOf, author, message, issued, number }) => {
    const ofModule = records.ofModule(module);
    const oldest = ofModule.at(-1);
    const hasBefore = oldest !== undefined && oldest.deployment.number.sequence !== number.sequence;
    return { deployment, module, version, removes: code === null, scrub, rollbackOf, author, message, issued, hasBefore };
  });
}

export function spreadEntry(name: string, { deployment }: VerifiedDeployment, view: SpreadView, place: number): SpreadEntry {
  const { nodes, counts, source, recorded, times } = view;
  return { deployment: name, module: deployment.module, place, removes: deployment.code === null, nodes, counts, source, recorded, times };
}
