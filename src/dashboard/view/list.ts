/** The list of nodes: filtered, the worst first, a page at a time. */
import type { NodeEntry, NodeState } from '../wire.ts';
import { keysOf } from './groups.ts';
import { STATES, worstFirst } from './states.ts';

export interface Filter {
  /** In the name, address, id, what it runs, or why. */
  readonly search: string;
  readonly state: NodeState | 'wrong' | null;
  /** A group's key. */
  readonly group: string | null;
}

export const NO_FILTER: Filter = { search: '', state: null, group: null };

export interface Paged<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
  /** From 0. */
  readonly page: number;
  readonly pages: number;
}

export function filteredNodes(nodes: Iterable<NodeEntry>, { search, state, group }: Filter): readonly NodeEntry[] {
  const wanted = search.trim().toLowerCase();
  const found: NodeEntry[] = [];
  for (const node of nodes) {
    const isOfState = state === null || (state === 'wrong' ? STATES[node.state].isWrong : node.state === state);
    if (isOfState && (group === null || keysOf(node).includes(group)) && (wanted === '' || hasWords(node, wanted))) found.push(node);
  }
  return found.sort(worstFirst);
}

/** A page that is not there any more is the last one. */
export function pageOf<Row>(all: readonly Row[], page: number, size: number): Paged<Row> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const shown = Math.min(Math.max(0, page), pages - 1);
  return { rows: all.slice(shown * size, (shown + 1) * size), total: all.length, page: shown, pages };
}

/** `membership d5 (1.2.0), counter d7` */
export function runsText({ modules }: NodeEntry): string {
  return modules
    .map(({ name, deployment, version, state }) => {
      const runs = deployment === null ? `${name}: nothing` : `${name} ${deployment}${version === null ? '' : ` (${version})`}`;
      return state === 'running' ? runs : `${runs}, ${state}`;
    })
    .join(' · ');
}

function hasWords(node: NodeEntry, wanted: string): boolean {
  return [node.name, node.address, node.id, node.why ?? '', runsText(node)].some((text) => text.toLowerCase().includes(wanted));
}
