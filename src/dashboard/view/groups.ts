/** Nodes that are alike, counted: by module, deployment and state. */
import type { NodeEntry } from '../wire.ts';
import { STATES } from './states.ts';

export interface Group {
  readonly key: string;
  /** Null: what is not of a module, such as nodes that do not answer. */
  readonly module: string | null;
  readonly deployment: string | null;
  readonly version: string | null;
  readonly state: string;
  readonly isWrong: boolean;
  readonly count: number;
}

type Belonging = Omit<Group, 'count'>;

const WRONG: ReadonlySet<string> = new Set(['failed', 'held']);
const RANKS = ['failed', 'held', 'updating', 'running', 'stopped'];

/** What is wrong first, then by module, the most nodes first. */
export function groupsOf(nodes: Iterable<NodeEntry>): readonly Group[] {
  const groups = new Map<string, { belonging: Belonging; count: number }>();
  for (const node of nodes) {
    for (const belonging of belongingsOf(node)) {
      const group = groups.get(belonging.key);
      if (group === undefined) groups.set(belonging.key, { belonging, count: 1 });
      else group.count += 1;
    }
  }
  const all = [...groups.values()].sort(
    ({ belonging: a, count: countA }, { belonging: b, count: countB }) =>
      Number(b.isWrong) - Number(a.isWrong) ||
      Number(a.module === null) - Number(b.module === null) ||
      (a.module ?? '').localeCompare(b.module ?? '', 'en') ||
      countB - countA ||
      rankOf(a) - rankOf(b),
  );
  return all.map(({ belonging, count }) => ({ ...belonging, count }));
}

function rankOf({ state }: Belonging): number {
  return RANKS.indexOf(state);
}

/** The groups that a node is counted in: one for each of its modules. */
export function keysOf(node: NodeEntry): readonly string[] {
  return belongingsOf(node).map(({ key }) => key);
}

const belongings = new WeakMap<NodeEntry, readonly Belonging[]>();

/** Asked of all nodes whenever one has changed: made once. */
function belongingsOf(node: NodeEntry): readonly Belonging[] {
  const known = belongings.get(node) ?? newBelongings(node);
  belongings.set(node, known);
  return known;
}

function newBelongings({ state, modules }: NodeEntry): readonly Belonging[] {
  if (modules.length === 0) {
    const { word, isWrong } = STATES[state];
    return [{ key: `* ${state}`, module: null, deployment: null, version: null, state: word, isWrong }];
  }
  return modules.map(({ name, deployment, version, state: of }) => ({
    key: JSON.stringify([name, deployment, version, of]),
    module: name,
    deployment,
    version,
    state: of,
    isWrong: WRONG.has(of),
  }));
}
