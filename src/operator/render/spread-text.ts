/** A simulation in words: what was simulated, and what is not in the tables. */
import { countOfNodes } from './names.ts';
import type { SpreadPlan } from '../../sim/play/plan.ts';
import { formatDuration } from '../../model/duration.ts';
import { formatBitRate, formatShare, formatSize } from '../units/quantity.ts';
import type { SeedsPlayed, SeedsProgress } from '../simulate/seeds.ts';
import { safeText } from '../../model/safe-text.ts';
import type { SimulationReport } from '../simulate/report.ts';
import { distribution } from '../simulate/statistics.ts';
import { tickText } from './axis.ts';
import { bar } from './bar.ts';

const BAR_WIDTH = 20;
/** Of what a module shows. */
const MAX_VIEW = 200;

/** `1000 nodes (10 rendezvous), a round each 1s, 10% of exchanges fail, code of 5 MB, 10 Mbit/s` */
export function planText(plan: SpreadPlan): string {
  const { nodes, rendezvous, intervalMs, loss, churnPerMinute, codeBytes, bitsPerSecond, machines, modules } = plan;
  return [
    `${countOfNodes(nodes)} (${rendezvous} rendezvous)`,
    `a round each ${tickText(intervalMs)}`,
    ...(loss > 0 ? [`${formatShare(loss)} of exchanges fail`] : []),
    ...(churnPerMinute > 0 ? [`${formatShare(churnPerMinute)} of nodes restart each minute`] : []),
    `code of ${formatSize(codeBytes)}`,
    ...(bitsPerSecond === null ? [] : [`links of ${formatBitRate(bitsPerSecond)}`]),
    ...(machines === null
      ? []
      : [`machines of ${machines.cores} cores for ${countOfNodes(Math.min(nodes, machines.nodesPerMachine))} each`]),
    ...(modules === 'pulse' ? ['a light stand-in for membership'] : []),
    ...(modules === 'silent' ? ['modules gossip nothing'] : []),
    ...(typeof modules === 'string' ? [] : [`module ${modules.name}`]),
  ].join(', ');
}

/** `5 runs (seeds 1–5)` */
export function seedsText(seeds: readonly number[]): string {
  const [first, last] = [seeds[0], seeds.at(-1)];
  if (seeds.length === 1) return `1 run (seed ${first})`;
  const whole = seeds.every((seed, index) => seed === (first as number) + index);
  return `${seeds.length} runs (seeds ${whole ? `${first}–${last}` : seeds.join(', ')})`;
}

/** Above the table of loads. */
export function trafficText({ runs }: SimulationReport): string {
  const ms = distribution(runs.map(({ simulatedMs }) => simulatedMs))?.p50 ?? 0;
  return `Traffic of a node in the ${formatDuration(ms)} of a run, and of the busiest`;
}

/** What became of the author's module in each run, a line each. */
export function ownText({ plan: { modules }, runs }: SimulationReport): string[] {
  if (typeof modules === 'string') return [];
  return runs.flatMap(({ seed, own }) => {
    if (own === null) return [];
    const { failures, running, shown } = own;
    const ended = failures === 0 ? '' : `${failures} ${failures === 1 ? 'instance' : 'instances'} ended by themselves; `;
    const view =
      shown === null ? 'it ran nowhere in the end' : `inspect() was the same on ${shown.nodes} of ${countOfNodes(running)} in the end`;
    const text = shown === null ? '' : `: ${safeText(JSON.stringify(shown.view), MAX_VIEW)}`;
    return `${modules.name}, seed ${seed}: ${ended}${view}${text}`;
  });
}

/** What went otherwise than hoped, a line each. */
export function remarks({ plan, runs }: SimulationReport): string[] {
  const late = runs.filter(({ complete }) => !complete).map(({ seed }) => seed);
  const down = runs.filter(({ downAtEnd }) => downAtEnd > 0);
  const most = Math.max(0, ...down.map(({ downAtEnd }) => downAtEnd));
  return [
    ...(late.length === 0
      ? []
      : [
          `Given up after ${formatDuration(plan.limitMs)} of simulated time (--limit), before every node ran the newest: ${seedsText(late)}.`,
        ]),
    ...(down.length === 0 ? [] : [`Nodes were down in the end: up to ${most}, in ${seedsText(down.map(({ seed }) => seed))}.`]),
  ];
}

/** Runs that were under way when the command was interrupted, a line each. */
export function unfinishedText(unfinished: SeedsPlayed['unfinished'], { nodes }: SpreadPlan): string[] {
  return unfinished.map(
    ({ seed, simulatedMs, running }) =>
      `seed ${seed}, unfinished: ${running} of ${countOfNodes(nodes)} run it after ${formatDuration(simulatedMs)}`,
  );
}

/** `[████░░░░] 3 of 20 runs; seed 4: 812 of 1000 nodes after 3.2s` */
export function progressText({ runs, of, underWay }: SeedsProgress, nodes: number): string {
  const parts = underWay.reduce((sum, { running }) => sum + Math.min(1, running / nodes), 0);
  const furthest = underWay.toSorted((a, b) => b.simulatedMs - a.simulatedMs)[0];
  const detail =
    furthest === undefined || furthest.simulatedMs === 0
      ? ''
      : `; seed ${furthest.seed}: ${furthest.running} of ${countOfNodes(nodes)} after ${formatDuration(furthest.simulatedMs)}`;
  return `${bar((runs + parts) / of, BAR_WIDTH)} ${runs} of ${of} runs${detail}`;
}
