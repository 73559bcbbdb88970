/** Nodes that are alike, counted together: what is shown of a cluster that is too large for a line per node. */
import type { Failure } from '../../model/errors.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import { namesApart } from '../render/names.ts';
import type { ModuleRow } from './module-row.ts';
import { kindOf } from './problems.ts';
import { wilson } from './share.ts';
import type { Share } from './share.ts';
import { isAway } from './status.ts';
import type { ClusterStatus, NodeRow } from './status.ts';

/** `none`: they answered, and know of no module. */
export type GroupState = ModuleRow['state'] | 'unreachable' | 'gone' | 'left' | 'none';

export interface NodeGroup {
  /** Null where it is not about a module. */
  readonly module: ModuleName | null;
  readonly deployment: string | null;
  readonly version: string | null;
  readonly state: GroupState;
  /** Something is wrong with it. */
  readonly isWrong: boolean;
  readonly nodes: readonly NodeRow[];
  /** Of the first of them; of all where `isAlike`. */
  readonly why: Failure | null;
  readonly isAlike: boolean;
  /** Where only some nodes were asked: of those that were drawn. */
  readonly share?: Share;
}

interface Member {
  readonly node: NodeRow;
  readonly module: ModuleName | null;
  readonly state: GroupState;
  readonly deployment?: string | null;
  readonly version?: string | null;
  readonly isWrong: boolean;
  readonly why: Failure | null;
}

/** What is wrong first, then by module; with `all` also those that have left or are gone. */
export function groupsOf(status: ClusterStatus, { all = false } = {}): readonly NodeGroup[] {
  const present = namesApart(status.nodes.filter((node) => !isAway(node) && node.belief !== 'hearsay'));
  const away = all ? status.nodes.filter(isAway) : [];
  const others = present.filter(({ reachable }) => reachable).length - 1;
  const members = [...present, ...away].flatMap((node) => membersOf(node, status.newest, others));
  const groups = Map.groupBy(members, ({ module, state, deployment, version, isWrong, why }) =>
    JSON.stringify([module, state, deployment, version, isWrong, why?.code]),
  );
  const drawn = status.sample === null ? null : new Set(status.sample.drawn);
  return [...groups.values()].map((group) => groupOf(group, drawn)).sort(byWeight);
}

function membersOf(node: NodeRow, newest: ClusterStatus['newest'], others: number): Member[] {
  if (!node.reachable) {
    const state = node.belief === 'gone' || node.belief === 'left' ? node.belief : 'unreachable';
    const why = state === 'unreachable' ? (node.error ?? null) : null;
    return [{ node, module: null, state, isWrong: state === 'unreachable' && node.belief !== 'calls', why }];
  }
  const rows = node.modules.filter(({ name, state }) => state !== 'stopped' || newest[name]?.code !== null);
  if (rows.length === 0) return [{ node, module: null, state: 'none', isWrong: false, why: null }];
  return rows.map((row) => {
    const { name: module, deployment, version, state, why = null, health } = row;
    const kind = kindOf(row, others);
    const reason = why ?? (kind === 'unwell' ? (health?.checkpoint?.error ?? health?.errors?.last ?? null) : null);
    return { node, module, deployment, version, state, isWrong: kind !== null, why: reason };
  });
}

function groupOf(members: readonly Member[], drawn: ReadonlySet<NodeId> | null): NodeGroup {
  const [{ module, deployment = null, version = null, state, isWrong, why }] = members as readonly [Member, ...Member[]];
  const nodes = members.map(({ node }) => node);
  const isAlike = members.every((member) => member.why?.message === why?.message);
  const share = drawn !== null && { share: wilson(nodes.filter(({ id }) => drawn.has(id)).length, drawn.size) };
  return { module, deployment, version, state, isWrong, nodes, why, isAlike, ...share };
}

const STATES: readonly GroupState[] = ['unreachable', 'failed', 'held', 'updating', 'running', 'stopped', 'none', 'gone', 'left'];

function byWeight(a: NodeGroup, b: NodeGroup): number {
  const away = ({ state }: NodeGroup): boolean => state === 'gone' || state === 'left';
  return (
    Number(b.isWrong) - Number(a.isWrong) ||
    Number(away(a)) - Number(away(b)) ||
    (a.isWrong ? STATES.indexOf(a.state) - STATES.indexOf(b.state) : 0) ||
    (a.module ?? '').localeCompare(b.module ?? '', 'en') ||
    b.nodes.length - a.nodes.length
  );
}
