/** What `gossip rollout` says of how a deployment spread: counts, who is missing, times, and a tree of who had it from whom. */
import { formatDuration } from '../../model/duration.ts';
import type { NodeId } from '../../model/names.ts';
import type { Seen } from '../status/await-rollout.ts';
import { QUANTILES, STAGES } from '../status/spread.ts';
import type { ArrivalView, SpreadView } from '../status/spread.ts';
import { shortHash } from './cells.ts';
import type { Table } from './cells.ts';
import { countOfNodes, namesApart } from './names.ts';

/** More of them are counted. */
const MOST_MISSING = 20;

/** `known 10, fetched 9, running 8, healthy 7 of 10 nodes` */
export function stagesText({ nodes, counts }: Pick<SpreadView, 'nodes' | 'counts'>): string {
  const { known, fetched, running, healthy } = counts;
  return `known ${known}, fetched ${fetched}, running ${running}, healthy ${healthy} of ${countOfNodes(nodes)}`;
}

/** Who has it not, and why; nothing where all have it. */
export function missingTable({ stragglers, silent }: Pick<Seen, 'stragglers' | 'silent'>): Table | null {
  const missing = [
    ...namesApart(stragglers).map(({ name, progress, why }) => ({ name, state: progress as string, why })),
    ...namesApart(silent).map(({ name, address, why }) => ({ name: name || address, state: 'no answer', why })),
  ];
  if (missing.length === 0) return null;
  const more = missing.length - MOST_MISSING;
  const rows = missing
    .slice(0, MOST_MISSING)
    .map(({ name, state, why }) => [
      { text: name },
      { text: state, tone: state === 'underway' ? ('warn' as const) : ('bad' as const) },
      { text: why },
    ]);
  return { head: ['missing', 'state', 'why'], rows: more > 0 ? [...rows, [{ text: `… and ${more} more` }]] : rows, spare: [] };
}

/** Null where no time is known. */
export function timesTable({ times }: SpreadView): Table | null {
  const rows = STAGES.flatMap((stage) => {
    const told = times[stage];
    if (told === undefined || told.every((ms) => ms === null)) return [];
    return [[{ text: stage }, ...told.map((ms) => ({ text: ms === null ? '-' : formatDuration(ms) }))]];
  });
  return rows.length === 0 ? null : { head: ['', ...QUANTILES.map((share) => `${100 * share} %`)], rows, spare: [] };
}

/** By whom the times are. */
export function sourceText({ source, recorded, nodes }: SpreadView): string {
  if (source === 'seen')
    return 'times are as seen by this command since it began: no node has kept its own (restarted since, or of an older version)';
  const some =
    recorded < nodes
      ? `; ${recorded} of ${nodes} have kept theirs, the others do not answer, have not heard of it, have restarted since or are older`
      : '';
  return `times are by the nodes' own records, since the first of them accepted it${some}`;
}

/** A line for each node, below the one that it had the record from. */
export function treeLines({ arrivals }: Pick<SpreadView, 'arrivals'>): readonly string[] {
  const nodes = namesApart(arrivals.map((arrival) => ({ ...arrival, id: arrival.node })));
  const names = new Map<NodeId, string>(nodes.map(({ node, name }) => [node, name || shortHash(node)]));
  const isThere = ({ from }: ArrivalView): boolean => from !== null && names.has(from);
  const children = Map.groupBy(nodes.filter(isThere), ({ from }) => from as NodeId);
  const roots = nodes.filter((node) => !isThere(node));
  const drawn = new Set<NodeId>();
  const lines: string[] = [];
  const named = (id: NodeId): string => names.get(id) ?? shortHash(id);
  const draw = (arrival: ArrivalView, lead: string, branch: string): void => {
    drawn.add(arrival.node);
    lines.push(`${lead}${branch}${named(arrival.node)}  ${wayText(arrival, named)}`);
    const below = (children.get(arrival.node) ?? []).filter(({ node }) => !drawn.has(node));
    const next = lead + (branch === '' ? '' : branch === LAST ? '   ' : '│  ');
    below.forEach((child, index) => draw(child, next, index === below.length - 1 ? LAST : '├─ '));
  };
  for (const root of roots) draw(root, '', '');
  // Words of nodes that contradict each other: each says that it has it from the next one.
  for (const node of nodes) if (!drawn.has(node.node)) draw(node, '', '');
  return lines;
}

const LAST = '└─ ';

function wayText({ via, from, knownMs, fetchedMs, codeFrom, runningMs }: ArrivalView, named: (id: NodeId) => string): string {
  const parts = [
    from === null ? `injected by an operator` : `+${formatDuration(knownMs)} by ${via}`,
    codeFrom === null || fetchedMs === null
      ? ''
      : `code +${formatDuration(fetchedMs)} from ${codeFrom === from ? 'there' : named(codeFrom)}`,
    runningMs === null ? '' : `runs +${formatDuration(runningMs)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}
