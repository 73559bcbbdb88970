/** What is wrong in a cluster, the worst first: what `gossip status` begins with, and what monitoring is told. */
import { STRAIN_TO_TELL } from '../../gossip/strain.ts';
import { formatDuration } from '../../model/duration.ts';
import type { ModuleName, NodeId } from '../../model/names.ts';
import { mebibytes } from '../render/mebibytes.ts';
import { namesApart, namesOf } from '../render/names.ts';
import type { ModuleRow } from './module-row.ts';
import { reasonText } from './progress.ts';
import { isAway } from './status.ts';
import type { ClusterStatus, NodeRow } from './status.ts';
import { disbeliefText } from './survey.ts';

/**
 * failed, held, behind, unwell: a module; unwell runs, and its state cannot be taken or it answers nobody. silent: members that did not answer. differ: nodes
 * hold different configurations, and none of them says why.
 */
export type ProblemKind =
  | 'silent'
  | 'failed'
  | 'held'
  | 'unwell'
  | 'outside'
  | 'unlinked'
  | 'disk'
  | 'alarm'
  | 'disbelieved'
  | 'stale'
  | 'strain'
  | 'lost-events'
  | 'behind'
  | 'differ';

interface Named {
  readonly id: NodeId;
  readonly name: string;
}

export interface Problem {
  readonly kind: ProblemKind;
  /** Of which module, where it is one's. */
  readonly module?: ModuleName;
  /** Whom it concerns; of an alarm, who tells it. */
  readonly nodes: readonly Named[];
  /** One line. */
  readonly text: string;
}

const WORST_FIRST: readonly ProblemKind[] = ['silent', 'failed', 'held', 'unwell', 'disk', 'outside', 'unlinked', 'alarm', 'disbelieved'];
const ORDER: readonly ProblemKind[] = [...WORST_FIRST, 'stale', 'strain', 'lost-events', 'behind', 'differ'];
/** Kinds that a table of nodes or groups shows row by row. */
const OF_MODULES: ReadonlySet<ProblemKind> = new Set(['failed', 'held', 'unwell', 'behind']);

/** Share of the quota from which on it is worth a line. */
const NEARLY_FULL = 0.9;

/** With `module`: what concerns it, and what makes it unknown. */
export function problemsOf(status: ClusterStatus, module?: ModuleName): readonly Problem[] {
  const nodes = namesApart(status.nodes.filter((node) => !isAway(node))).filter((node) => node.reachable);
  const unknown = [...silent(status), ...disbelieved(status)];
  const ofModules = moduleProblems(nodes).filter((problem) => module === undefined || problem.module === module);
  const others = module === undefined ? [...stale(nodes), ...alarms(nodes), ...nodeProblems(nodes)] : [];
  const found = [...unknown, ...ofModules, ...others].toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  return found.length > 0 || status.converged !== false || module !== undefined ? found : [differing(nodes)];
}

export function isOfModule({ kind }: Problem): boolean {
  return OF_MODULES.has(kind);
}

/** The place of each node among those with problems, the worst first; absent where it has none. Who tells an alarm has none by that. */
export function rankOf(problems: readonly Problem[]): ReadonlyMap<NodeId, number> {
  const ranks = new Map<NodeId, number>();
  for (const { kind, nodes } of problems) {
    if (kind === 'alarm' || kind === 'differ') continue;
    for (const { id } of nodes) ranks.set(id, Math.min(ranks.get(id) ?? ORDER.length, ORDER.indexOf(kind)));
  }
  return ranks;
}

function silent({ silent: nodes }: ClusterStatus): Problem[] {
  if (nodes.length === 0) return [];
  const they = nodes.length === 1 ? 'it runs' : 'they run';
  return [{ kind: 'silent', nodes: nodes.map(named), text: `no answer: ${namesOf(nodes)}; nobody can say what ${they}` }];
}

function disbelieved({ disbelieved: liars }: ClusterStatus): Problem[] {
  return liars.map((liar) => ({ kind: 'disbelieved', nodes: [named(liar)], text: disbeliefText(liar) }));
}

function differing(nodes: readonly NodeRow[]): Problem {
  return { kind: 'differ', nodes: nodes.map(named), text: 'the nodes do not hold the same configuration yet' };
}

/** Together, for often it is all of them: then it is the rendezvous nodes. */
function stale(nodes: readonly NodeRow[]): Problem[] {
  const found = nodes.filter(isStale);
  if (found.length === 0) return [];
  const ages = found.map(({ freshness, uptimeMs }) => freshness?.confirmedMs ?? uptimeMs ?? 0);
  const since = formatDuration(Math.min(...ages));
  const hold = found.length === 1 ? 'it holds' : 'they hold';
  const text = `stale: ${namesOf(found)}; most rendezvous nodes have not confirmed for ${since} or longer that ${hold} what is newest`;
  return [{ kind: 'stale', nodes: found.map(named), text }];
}

export function isStale({ freshness }: NodeRow): boolean {
  return freshness?.fresh === false;
}

/** Each alarm once, however many nodes tell it. */
function alarms(nodes: readonly NodeRow[]): Problem[] {
  const told = nodes.flatMap((node) => node.alarms.map(({ code, message }) => ({ node, alarm: `alarm: ${message} (${code})` })));
  return [...Map.groupBy(told, ({ alarm }) => alarm)].map(([alarm, tellings]) => {
    const tellers = tellings.map(({ node }) => named(node));
    const more = tellers.length > 1 ? ` and ${tellers.length - 1} more` : '';
    return { kind: 'alarm', nodes: tellers, text: `${alarm}, says ${tellers[0]?.name}${more}` };
  });
}

interface Finding {
  readonly kind: ProblemKind;
  readonly module?: ModuleName;
  /** Findings that differ in it are told apart. */
  readonly key: string;
  readonly node: NodeRow;
  readonly text: string;
}

/** Alike ones in one line: on a thousand nodes the same thing is wrong a thousand times. */
function together(findings: readonly Finding[], line: (names: string, text: string, first: Finding) => string): Problem[] {
  const groups = Map.groupBy(findings, ({ kind, module, key }) => JSON.stringify([kind, module, key]));
  return [...groups.values()].flatMap((group): Problem[] => {
    const [first] = group;
    if (first === undefined) return [];
    const nodes = group.map(({ node }) => node);
    const isSame = group.every(({ text }) => text === first.text);
    const text = isSame ? first.text : `${first.text}, and alike`;
    return [
      {
        kind: first.kind,
        ...(first.module !== undefined && { module: first.module }),
        nodes: nodes.map(named),
        text: line(namesOf(nodes), text, first),
      },
    ];
  });
}

const VERBS = { failed: 'failed', held: 'is held', behind: 'is behind', unwell: 'is not well' } as const;

function moduleProblems(nodes: readonly NodeRow[]): Problem[] {
  const others = nodes.length - 1;
  const findings = nodes.flatMap((node) => node.modules.flatMap((row) => moduleFinding(node, row, others)));
  return together(findings, (names, text, { module, kind }) => {
    const verb = VERBS[kind as keyof typeof VERBS];
    return `${module} ${verb} on ${names}${text === '' ? '' : `: ${text}`}`;
  });
}

function moduleFinding(node: NodeRow, row: ModuleRow, others: number): Finding[] {
  const kind = kindOf(row, others);
  if (kind === null) return [];
  const { name: module, why, health } = row;
  const reason = why ?? health?.checkpoint?.error ?? health?.errors?.last;
  return [{ kind, module, key: reason?.code ?? '', node, text: reason ? reasonText(reason) : '' }];
}

/** What ails a module by its row; null where nothing does. */
export function kindOf({ state, why, health }: ModuleRow, others: number): 'failed' | 'held' | 'behind' | 'unwell' | null {
  if (state === 'failed' || state === 'held') return state;
  if (state === 'stopped') return null;
  if (state === 'updating' || why !== undefined) return 'behind';
  const answersNobody = others > 0 && health?.exchanges?.answered === 0 && (health.errors?.last ?? null) !== null;
  return health?.checkpoint?.error || answersNobody ? 'unwell' : null;
}

function nodeProblems(nodes: readonly NodeRow[]): Problem[] {
  return together(nodes.flatMap(findingsOf), (names, text) => `${names}: ${text}`);
}

function findingsOf(node: NodeRow): Finding[] {
  const { disk, quota, outgoing, incoming, outside, strain, handlers } = node;
  const found = (kind: ProblemKind, key: string, text: string): Finding => ({ kind, key, node, text });
  return [
    ...(disk === null ? [] : [found('disk', disk.code, `disk: ${disk.message} (${disk.code})`)]),
    ...(quota === null || quota.usedBytes <= quota.quotaBytes * NEARLY_FULL ? [] : [found('disk', 'quota', quotaText(quota))]),
    ...(outgoing === null ? [] : [found('unlinked', `out ${outgoing.code}`, `reaches no peer: ${outgoing.message} (${outgoing.code})`)]),
    ...(incoming === null
      ? []
      : [found('unlinked', `in ${incoming.code}`, `others cannot call it: ${incoming.message} (${incoming.code})`)]),
    ...(handlers ?? [])
      .filter(({ lost }) => lost > 0)
      .map(({ handler, lost }) => found('lost-events', handler, `${lost} events are lost for ${handler}`)),
    ...(outside === null ? [] : [found('outside', outside.code, `no member lets it in: ${outside.message} (${outside.code})`)]),
    ...(strain && strain.level >= STRAIN_TO_TELL ? [found('strain', '', strainText(strain))] : []),
  ];
}

function quotaText({ usedBytes, quotaBytes }: NonNullable<NodeRow['quota']>): string {
  return `code takes ${mebibytes(usedBytes)} of ${mebibytes(quotaBytes)} MiB; what is kept for rollbacks gives way`;
}

function strainText({ level, lateMs, waiting = 0, timeouts }: NonNullable<NodeRow['strain']>): string {
  const why = [
    `timers ${lateMs} ms late`,
    ...(waiting > 1 ? [`waits for a processor ${waiting} times as long as it runs`] : []),
    `${timeouts} calls timed out`,
  ];
  return `is behind: its rounds take ${level} times as long (${why.join(', ')})`;
}

function named({ id, name, address }: { readonly id: NodeId; readonly name: string; readonly address: string }): Named {
  return { id, name: name || address };
}
