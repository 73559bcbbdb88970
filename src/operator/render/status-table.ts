/** The cluster's status as a table: a line per node and module. */
import type { ClusterStatus, ModuleRow, NodeRow } from '../status.ts';
import { formatDuration } from '../duration.ts';
import { disbeliefText } from '../survey.ts';
import { reasonText } from '../wait.ts';
import type { Cell, Table, Tone } from './cells.ts';
import { shortHash } from './cells.ts';

const HEAD = ['node', 'address', 'inc', 'up', 'isolation', 'module', 'deployment', 'version', 'state', 'since', 'why'] as const;

const TONES: Readonly<Record<ModuleRow['state'], Tone>> = { running: 'good', updating: 'warn', held: 'bad', failed: 'bad', stopped: 'dim' };

export function statusTable({ nodes }: ClusterStatus): Table {
  return { head: HEAD, rows: nodes.flatMap(rowsOf), spare: ['isolation', 'up', 'inc', 'version', 'address', 'since'] };
}

/** What the table does not say: the newest deployments, how many nodes answer, and whether all is well. */
export function statusSummary(status: ClusterStatus): string[] {
  const reachable = status.nodes.filter((node) => node.reachable);
  const newest = Object.entries(status.newest).map(([module, { deployment, code, version }]) =>
    code === null ? `${module} removed by ${deployment}` : `${module} ${deployment} (${version}, ${shortHash(code)})`,
  );
  return [
    `cluster ${status.name} (${shortHash(status.cluster)}): ${reachable.length} of ${status.nodes.length} nodes reachable, ${status.converged ? 'converged' : 'not converged'}`,
    `newest: ${newest.length === 0 ? 'nothing deployed' : newest.join(' · ')}`,
    ...status.disbelieved.map(disbeliefText),
    ...alarms(reachable),
    ...reachable.flatMap(remarks),
  ];
}

/** Each alarm once, however many nodes tell it. */
function alarms(nodes: readonly NodeRow[]): string[] {
  const tellers = new Map<string, string[]>();
  for (const { name, alarms: told } of nodes)
    for (const { code, message } of told) {
      const alarm = `alarm: ${message} (${code})`;
      tellers.set(alarm, [...(tellers.get(alarm) ?? []), name]);
    }
  return [...tellers].map(
    ([alarm, [first, ...others]]) => `${alarm}, says ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`,
  );
}

function remarks({ name, disk, outgoing, backup }: NodeRow): string[] {
  return [
    ...(disk === null ? [] : [`${name}: disk: ${disk.message} (${disk.code})`]),
    ...(outgoing === null ? [] : [`${name}: reaches no peer: ${outgoing.message} (${outgoing.code})`]),
    ...(backup?.rate === 'fast' ? [`${name}: backup gossip is fast: ${backup.why}`] : []),
  ];
}

function rowsOf(node: NodeRow): Cell[][] {
  const first = nodeCells(node);
  const rest: Cell[] = first.map(() => ({ text: '' }));
  if (!node.reachable)
    return [[...first, ...blank(3), { text: 'unreachable', tone: 'bad' }, ...blank(1), { text: node.error?.message ?? '' }]];
  if (node.modules.length === 0) return [[...first, ...blank(6)]];
  return node.modules.map((module, index) => [...(index === 0 ? first : rest), ...moduleCells(module)]);
}

function nodeCells({ name, id, address, incarnation, uptimeMs, isolation, rendezvous }: NodeRow): Cell[] {
  return [
    { text: `${name || shortHash(id)}${rendezvous ? ' *' : ''}` },
    { text: address },
    { text: incarnation === null ? '' : String(incarnation) },
    { text: uptimeMs === null ? '' : formatDuration(uptimeMs) },
    { text: isolation ?? '' },
  ];
}

function moduleCells({ name, deployment, version, state, sinceMs, why, restarts }: ModuleRow): Cell[] {
  const reasons = [...(why === undefined ? [] : [reasonText(why)]), ...(restarts > 0 ? [`${restarts} restarts`] : [])];
  return [
    { text: name },
    { text: deployment ?? '-' },
    { text: version ?? '' },
    { text: state, tone: TONES[state] },
    { text: formatDuration(sinceMs) },
    { text: reasons.join('; ') },
  ];
}

function blank(count: number): Cell[] {
  return Array.from({ length: count }, () => ({ text: '' }));
}
