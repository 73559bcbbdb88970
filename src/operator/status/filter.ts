/** Picks from the status what an operator asks for; whoever did not answer, or could not be asked, is counted all the same (law 9). */
import { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import type { ModuleRow } from './module-row.ts';
import { isStale } from './problems.ts';
import type { ClusterStatus, NodeRow } from './status.ts';

/** Of a module, or of a node that did not answer. */
export const STATUS_STATES = ['running', 'updating', 'held', 'failed', 'stopped', 'unreachable', 'gone', 'left'] as const;
export type StatusState = (typeof STATUS_STATES)[number];

export interface StatusFilter {
  readonly module?: ModuleName | undefined;
  readonly state?: StatusState | undefined;
  readonly stale?: boolean | undefined;
}

/** Nodes of which all of the filter holds, with those of their modules; refuses a module that nobody knows. */
export function filterStatus(status: ClusterStatus, filter: StatusFilter): ClusterStatus {
  const { module, state, stale = false } = filter;
  if (module !== undefined) requireKnown(status, module);
  const nodes = status.nodes
    .filter((node) => !stale || isStale(node))
    .map((node) => ({ ...node, modules: node.modules.filter((row) => isWanted(row, filter)) }))
    .filter((node) => isShown(node, module, state));
  return { ...status, nodes };
}

function isWanted({ name, state }: ModuleRow, filter: StatusFilter): boolean {
  return (filter.module === undefined || name === filter.module) && (filter.state === undefined || state === filter.state);
}

function isShown(
  { reachable, belief = 'member', modules }: NodeRow,
  module: ModuleName | undefined,
  state: StatusState | undefined,
): boolean {
  if (state === 'gone' || state === 'left') return belief === state && !reachable;
  if (state === 'unreachable') return !reachable && (belief === 'member' || belief === 'calls');
  if (state !== undefined) return modules.length > 0;
  // What one runs that did not answer is not known.
  return module === undefined || modules.length > 0 || !reachable;
}

function requireKnown({ newest, nodes }: ClusterStatus, module: ModuleName): void {
  if (module in newest || nodes.some(({ modules }) => modules.some(({ name }) => name === module))) return;
  const listed = Object.keys(newest).join(', ');
  throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' is deployed${listed === '' ? '' : `; there is ${listed}`}`);
}
