/** The cluster's status as a table: a line per node and module. */
import { STRAIN_TO_TELL } from '../../gossip/strain.ts';
import { isAway } from '../status/status.ts';
import type { ClusterStatus, ModuleRow, NodeRow } from '../status/status.ts';
import { formatDuration } from '../../model/duration.ts';
import { disbeliefText } from '../status/survey.ts';
import { reasonText, restoredText } from '../status/progress.ts';
import type { ModuleHealth } from '../status/progress.ts';
import { countOfNodes, namesApart, namesOf } from './names.ts';
import type { Cell, Table, Tone } from './cells.ts';
import { shortHash } from './cells.ts';
import { mebibytes } from './mebibytes.ts';

const HEAD = ['node', 'address', 'inc', 'up', 'isolation', 'module', 'deployment', 'version', 'state', 'since', 'why'] as const;

/** What an instance takes of a core before it is told in the table; the JSON tells always. */
const MUCH_PROCESSOR = 0.5;

/** More removed modules are counted and not listed: nodes go on telling of the last 64. */
const MOST_REMOVED = 5;

const TONES: Readonly<Record<ModuleRow['state'], Tone>> = { running: 'good', updating: 'warn', held: 'bad', failed: 'bad', stopped: 'dim' };

/** `all`: also who has left, or was not heard of for long; these are counted below the table otherwise, as hearsay always is. */
export function statusTable({ nodes, newest }: ClusterStatus, { all = false } = {}): Table {
  const [away, present] = [nodes.filter(isAway), nodes.filter((node) => !isAway(node) && node.belief !== 'hearsay')];
  return {
    head: HEAD,
    // Names belong to those that are there: others of the same name are told apart by their ids, and they are not.
    rows: [...namesApart(present), ...(all ? namesApart([...present, ...away]).slice(present.length) : [])].flatMap((node) =>
      rowsOf(node, newest),
    ),
    spare: ['isolation', 'up', 'inc', 'version', 'address', 'since'],
  };
}

/** What the table does not say: the newest deployments, how many nodes answer, and whether all is well. */
export function statusSummary(status: ClusterStatus): string[] {
  const reachable = namesApart(status.nodes.filter((node) => !isAway(node))).filter((node) => node.reachable);
  const entries = Object.entries(status.newest);
  const isListed = entries.filter(([, { code }]) => code === null).length <= MOST_REMOVED;
  const shown = entries.filter(([, { code }]) => code !== null || isListed);
  const newest = shown.map(([module, { deployment, code, version }]) =>
    code === null ? `${module} removed by ${deployment}` : `${module} ${deployment} (${version}, ${shortHash(code)})`,
  );
  const members = status.answered + status.silent.length + status.calling.length;
  const isUnread = newest.length === 0 && reachable.some(({ modules }) => modules.length > 0);
  return [
    `cluster ${status.name} (${shortHash(status.cluster)}): ${status.answered} of ${countOfNodes(members)} reachable${convergedText(status)}`,
    `newest: ${isUnread ? 'no configuration could be read' : newest.join(' · ') || (status.removed > 0 ? 'no module is left' : 'nothing deployed')}`,
    ...(status.removed === 0 ? [] : [`removed: ${status.removed} ${status.removed === 1 ? 'module' : 'modules'}`]),
    ...missingLines(status),
    ...status.disbelieved.map(disbeliefText),
    ...alarms(reachable),
    ...reachable.flatMap(remarks),
    ...(status.nodes.length === 1 ? reachable.flatMap(viewLine) : []),
  ];
}

/** On nothing, nodes need not agree. */
function convergedText({ converged, newest }: ClusterStatus): string {
  if (converged === false) return ', not converged';
  return converged === null || Object.keys(newest).length === 0 ? '' : ', converged';
}

/** Whoever was not asked or did not answer is counted and named (law 9). */
function missingLines({ silent, calling, gone, left, hearsay: { asked, unasked } }: ClusterStatus): string[] {
  const told = asked.length + unasked.count;
  const tellers = unasked.tellers.length === 0 ? '' : `, says ${unasked.tellers.join(', ')}`;
  return [
    ...(silent.length === 0 ? [] : [`no answer: ${namesOf(silent)}; nobody can say what ${silent.length === 1 ? 'it runs' : 'they run'}`]),
    ...(calling.length === 0 ? [] : [`${namesOf(calling)}: call${calling.length === 1 ? 's' : ''} others, but cannot be called`]),
    ...(gone.length === 0 ? [] : [goneLine(gone)]),
    ...(left.length === 0 ? [] : [`left: ${namesOf(left)}`]),
    ...(told === 0
      ? []
      : [
          `${told} more ${told === 1 ? 'node is' : 'nodes are'} only told of${tellers}; ${asked.length} did not answer, ${unasked.count} were not asked`,
        ]),
  ];
}

/** The shortest of their times: of each the JSON tells its own, and `--all` too. */
function goneLine(gone: ClusterStatus['gone']): string {
  const ms = Math.min(...gone.flatMap(({ silentMs }) => silentMs ?? []));
  const since = Number.isFinite(ms) ? `more than ${formatDuration(ms)}` : 'long';
  return `${gone.length === 1 ? 'not heard of' : `${countOfNodes(gone.length)} not heard of`} for ${since}: ${namesOf(gone)}`;
}

/** Of a node that is asked alone. */
function viewLine({ name, view }: NodeRow): string[] {
  if (view === null || view.length === 0) return [];
  return [`${name} speaks with ${view.length} ${view.length === 1 ? 'peer' : 'peers'} of its own choosing`];
}

/** Share of the quota from which on it is worth a line. */
const NEARLY_FULL = 0.9;

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

function remarks({ name, disk, quota, outgoing, incoming, outside, backup, strain, handlers }: NodeRow): string[] {
  return [
    ...(disk === null ? [] : [`${name}: disk: ${disk.message} (${disk.code})`]),
    ...(quota !== null && quota.usedBytes > quota.quotaBytes * NEARLY_FULL
      ? [`${name}: code takes ${mebibytes(quota.usedBytes)} of ${mebibytes(quota.quotaBytes)} MiB; what is kept for rollbacks gives way`]
      : []),
    ...(outgoing === null ? [] : [`${name}: reaches no peer: ${outgoing.message} (${outgoing.code})`]),
    ...(incoming === null ? [] : [`${name}: others cannot call it: ${incoming.message} (${incoming.code})`]),
    ...(handlers ?? []).filter(({ lost }) => lost > 0).map(({ handler, lost }) => `${name}: ${lost} events are lost for ${handler}`),
    ...(outside === null ? [] : [`${name}: no member lets it in: ${outside.message} (${outside.code})`]),
    ...(strain && strain.level >= STRAIN_TO_TELL
      ? [
          `${name}: is behind: its rounds take ${strain.level} times as long (timers ${strain.lateMs} ms late, ${strain.timeouts} calls timed out)`,
        ]
      : []),
    ...(backup?.rate === 'fast' ? [`${name}: backup gossip is fast: ${backup.why}`] : []),
  ];
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
