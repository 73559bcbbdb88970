/** What is said of a cluster's status beside its table: of how many nodes, what is wrong, and what is not known. */
import { formatDuration } from '../../model/duration.ts';
import type { ModuleName } from '../../model/names.ts';
import { safeText } from '../../model/safe-text.ts';
import { isOfModule, problemsOf } from '../status/problems.ts';
import { CONFIDENCE } from '../status/share.ts';
import { isAway } from '../status/status.ts';
import type { ClusterStatus, NodeRow } from '../status/status.ts';
import { shortHash } from './cells.ts';
import { countOfNodes, namesApart, namesOf } from './names.ts';

export interface StatusLines {
  /** Of how many nodes it is, and the newest deployments. */
  readonly head: readonly string[];
  /** What is wrong, but for modules: these are rows of the table. */
  readonly wrong: readonly string[];
  /** What else is to be known, below the table. */
  readonly notes: readonly string[];
}

/** More removed modules are counted and not listed: nodes go on telling of the last 64. */
const MOST_REMOVED = 5;

/** Of settings, what stands in a line. */
const MOST_OF_SETTINGS = 500;

/** `module`: the one that is asked for alone. */
export function statusLines(status: ClusterStatus, module?: ModuleName): StatusLines {
  const reachable = namesApart(status.nodes.filter((node) => !isAway(node))).filter((node) => node.reachable);
  const problems = problemsOf(status);
  return {
    head: [
      `cluster ${status.name} (${shortHash(status.cluster)}): ${countsText(status)}${convergedText(status)}`,
      ...newestLines(status),
      ...settingsLines(status, module),
    ],
    wrong: problems.filter((problem) => !isOfModule(problem) && problem.kind !== 'differ').map(({ text }) => text),
    notes: [
      ...missingLines(status),
      ...unlikeLines(reachable),
      ...backupLines(reachable),
      ...(status.nodes.length === 1 ? reachable.flatMap(viewLine) : []),
    ],
  };
}

function countsText({ known, answered, sample, silent, calling }: ClusterStatus): string {
  if (sample === null) return `${answered} of ${countOfNodes(known)} reachable`;
  return `${answered} of ${countOfNodes(answered + silent.length + calling.length)} asked are reachable, of ${known} known`;
}

/** On nothing, nodes need not agree. */
function convergedText({ converged, newest }: ClusterStatus): string {
  if (converged === false) return ', not converged';
  return converged === null || Object.keys(newest).length === 0 ? '' : ', converged';
}

function newestLines({ newest, removed, nodes }: ClusterStatus): string[] {
  const entries = Object.entries(newest);
  const isListed = entries.filter(([, { code }]) => code === null).length <= MOST_REMOVED;
  const shown = entries.filter(([, { code }]) => code !== null || isListed);
  const texts = shown.map(([module, { deployment, code, version }]) =>
    code === null ? `${module} removed by ${deployment}` : `${module} ${deployment} (${version}, ${shortHash(code)})`,
  );
  const isUnread = texts.length === 0 && nodes.some(({ reachable, modules }) => reachable && modules.length > 0);
  return [
    `newest: ${isUnread ? 'no configuration could be read' : texts.join(' · ') || (removed > 0 ? 'no module is left' : 'nothing deployed')}`,
    ...(removed === 0 ? [] : [`removed: ${removed} ${removed === 1 ? 'module' : 'modules'}`]),
  ];
}

/** Of a module that is asked for; nothing where it was removed. */
function settingsLines({ newest }: ClusterStatus, module: ModuleName | undefined): string[] {
  const view = module !== undefined && Object.hasOwn(newest, module) ? newest[module] : undefined;
  if (view === undefined || view.code === null) return [];
  const text = JSON.stringify(view.settings);
  const more = text.length > MOST_OF_SETTINGS ? `; all of them: gossip module settings ${module}` : '';
  return [`settings of ${module} ${view.deployment}: ${text === '{}' ? 'none' : safeText(text, MOST_OF_SETTINGS)}${more}`];
}

/** Whoever was not asked or cannot be is counted and named (law 9); members that did not answer are wrong, and are told there. */
function missingLines({ calling, gone, left, known, sample, hearsay: { asked, unasked } }: ClusterStatus): string[] {
  const told = asked.length + unasked.count;
  const tellers = unasked.tellers.length === 0 ? '' : `, says ${unasked.tellers.join(', ')}`;
  return [
    ...(sample === null
      ? []
      : [
          `asked ${sample.drawn.length} of ${countOfNodes(known)}, drawn at random: shares are of all, at ${100 * CONFIDENCE} % confidence; --all asks everybody`,
        ]),
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

/** Programs and isolation, where not all have the same: the few are named. */
function unlikeLines(nodes: readonly NodeRow[]): string[] {
  const unlike = (what: string, of: (node: NodeRow) => string | null): string[] => {
    const groups = [...Map.groupBy(nodes, of)].sort(([, a], [, b]) => b.length - a.length);
    if (groups.length < 2) return [];
    const texts = groups.map(([value, alike], index) =>
      index === 0 ? `${value ?? 'unknown'} on ${alike.length}` : `${value ?? 'unknown'} on ${alike.length} (${namesOf(alike)})`,
    );
    return [`${what}: ${texts.join(', ')}`];
  };
  return [...unlike('program', ({ version }) => version), ...unlike('isolation', ({ isolation }) => isolation)];
}

/** No fault by itself; many of one reason in one line. */
function backupLines(nodes: readonly NodeRow[]): string[] {
  const fast = nodes.filter(({ backup }) => backup?.rate === 'fast');
  return [...Map.groupBy(fast, ({ backup }) => backup?.why)].map(([why, alike]) => `${namesOf(alike)}: backup gossip is fast: ${why}`);
}

/** Of a node that is asked alone. */
function viewLine({ name, view }: NodeRow): string[] {
  if (view === null || view.length === 0) return [];
  return [`${name} speaks with ${view.length} ${view.length === 1 ? 'peer' : 'peers'} of its own choosing`];
}
