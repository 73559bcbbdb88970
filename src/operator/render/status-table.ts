/** The cluster's status as a table: a line per node and module. */
import { problemsOf, rankOf } from '../status/problems.ts';
import { isAway } from '../status/status.ts';
import type { ClusterStatus, ModuleRow, NodeRow } from '../status/status.ts';
import { formatDuration } from '../../model/duration.ts';
import { reasonText, restoredText } from '../status/progress.ts';
import type { ModuleHealth } from '../status/progress.ts';
import { namesApart } from './names.ts';
import type { Cell, Table, Tone } from './cells.ts';
import { shortHash } from './cells.ts';

const HEAD = ['node', 'address', 'inc', 'up', 'isolation', 'module', 'deployment', 'version', 'state', 'since', 'why'] as const;

/** What an instance takes of a core before it is told in the table; the JSON tells always. */
const MUCH_PROCESSOR = 0.5;

/** How states look. */
export const TONES: Readonly<Record<ModuleRow['state'], Tone>> = {
  running: 'good',
  updating: 'warn',
  held: 'bad',
  failed: 'bad',
  stopped: 'dim',
};

/** What is wrong comes first. `all`: also who has left, or was not heard of for long; these are counted below the table otherwise, as hearsay always is. */
export function statusTable(status: ClusterStatus, { all = false } = {}): Table {
  const { nodes, newest } = status;
  const [away, present] = [nodes.filter(isAway), nodes.filter((node) => !isAway(node) && node.belief !== 'hearsay')];
  const ranks = rankOf(problemsOf(status));
  const rank = ({ id }: NodeRow): number => ranks.get(id) ?? Number.MAX_SAFE_INTEGER;
  return {
    head: HEAD,
    // Names belong to those that are there: others of the same name are told apart by their ids, and they are not.
    rows: [
      ...namesApart(present).sort((a, b) => rank(a) - rank(b)),
      ...(all ? namesApart([...present, ...away]).slice(present.length) : []),
    ].flatMap((node) => rowsOf(node, newest)),
    spare: ['isolation', 'up', 'inc', 'version', 'address', 'since'],
  };
}

function rowsOf(node: NodeRow, newest: ClusterStatus['newest']): Cell[][] {
  const first = nodeCells(node);
  const rest: Cell[] = first.map(() => ({ text: '' }));
  if (!node.reachable) return [[...first, ...blank(3), ...absenceCells(node)]];
  // What was removed, and has stopped, needs no row for ever.
  const modules = node.modules.filter(({ name, state }) => state !== 'stopped' || newest[name]?.code !== null);
  if (modules.length === 0) return [[...first, ...blank(6)]];
  return modules.map((module, index) => [...(index === 0 ? first : rest), ...moduleCells(module)]);
}

function absenceCells({ belief, silentMs, error }: NodeRow): Cell[] {
  const since = { text: silentMs === undefined ? '' : formatDuration(silentMs) };
  if (belief === 'left') return [{ text: 'left', tone: 'dim' }, ...blank(1), { text: 'has said goodbye' }];
  if (belief === 'gone') return [{ text: 'gone', tone: 'dim' }, since, { text: error?.message ?? '' }];
  return [{ text: 'unreachable', tone: 'bad' }, since, { text: error?.message ?? '' }];
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

function moduleCells({ name, deployment, version, state, sinceMs, why, restarts, processor, health = {} }: ModuleRow): Cell[] {
  const reasons = [
    why === undefined ? '' : reasonText(why),
    ...healthTexts(health),
    processor === null || processor <= MUCH_PROCESSOR ? '' : `takes ${Math.round(100 * processor)} % of a processor core`,
    restarts === 0 ? '' : `${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`,
  ].filter((text) => text !== '');
  return [
    { text: name },
    { text: deployment ?? '-' },
    { text: version ?? '' },
    { text: state, tone: TONES[state] },
    { text: formatDuration(sinceMs) },
    { text: reasons.join('; ') },
  ];
}

function healthTexts(health: ModuleHealth): string[] {
  const { errors, checkpoint } = health;
  return [
    checkpoint?.error ? `its state cannot be taken: ${reasonText(checkpoint.error)}` : '',
    errors?.last ? `${errors.count} ${errors.count === 1 ? 'message' : 'messages'} not answered, the last: ${reasonText(errors.last)}` : '',
    restoredText(health),
  ];
}

function blank(count: number): Cell[] {
  return Array.from({ length: count }, () => ({ text: '' }));
}
