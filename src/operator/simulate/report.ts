/** The summary of several runs of one plan: how many nodes were reached by when, and what it cost them. */
import type { GroupLoad } from '../../sim/play/load.ts';
import type { SpreadPlan } from '../../sim/play/plan.ts';
import type { Spread, SpreadRun } from '../../sim/play/spread.ts';
import { countUntil, distribution, scaled } from './statistics.ts';
import type { Distribution } from './statistics.ts';

export interface SimulationReport {
  readonly plan: SpreadPlan;
  /** Of the runs that are done, in this order. */
  readonly seeds: readonly number[];
  /** Broken off before all seeds were done. */
  readonly interrupted: boolean;
  /** Each deployment of the plan that was acknowledged in some run. */
  readonly deployments: readonly DeploymentReport[];
  /** From the first step to the end of a run. */
  readonly load: { readonly nodes: GroupReport | null; readonly rendezvous: GroupReport };
  readonly runs: readonly RunReport[];
}

export type RunReport = Omit<SpreadRun, 'deployments' | 'load'>;

export interface DeploymentReport {
  /** When it was acknowledged, since the first step. */
  readonly atMs: Distribution;
  readonly milestones: readonly Milestone[];
  readonly curve: readonly CurvePoint[];
}

export interface Milestone {
  readonly percent: number;
  /** How many nodes that is. */
  readonly nodes: number;
  readonly known: Reached;
  readonly running: Reached;
}

/** How long it took in the runs that got there; null where none did. */
export interface Reached {
  readonly runs: number;
  readonly ms: Distribution | null;
  readonly rounds: Distribution | null;
}

/** Shares of the nodes at a time since the acknowledgement, over the runs. */
export interface CurvePoint {
  readonly ms: number;
  readonly known: Distribution;
  readonly running: Distribution;
}

/** Of a node in the mean, and of the busiest, over the runs. */
export interface GroupReport {
  readonly sentMessages: LoadReport;
  readonly sentBytes: LoadReport;
  readonly receivedMessages: LoadReport;
  readonly receivedBytes: LoadReport;
}

export interface LoadReport {
  readonly mean: Distribution;
  readonly busiest: Distribution;
}

const PERCENTS = [50, 90, 99, 100] as const;
const CURVE_POINTS = 121;
const NOTHING: Distribution = { min: 0, p10: 0, p50: 0, p90: 0, max: 0 };

export function reportOf(plan: SpreadPlan, runs: readonly SpreadRun[], interrupted: boolean): SimulationReport {
  const count = Math.max(0, ...runs.map(({ deployments }) => deployments.length));
  return {
    plan,
    seeds: runs.map(({ seed }) => seed),
    interrupted,
    deployments: Array.from({ length: count }, (_, index) =>
      deploymentReport(
        plan,
        runs.flatMap(({ deployments }) => deployments[index] ?? []),
      ),
    ),
    load: {
      nodes: plan.nodes > plan.rendezvous ? groupReport(runs.flatMap(({ load }) => load.nodes ?? [])) : null,
      rendezvous: groupReport(runs.map(({ load }) => load.rendezvous)),
    },
    runs: runs.map(({ seed, complete, downAtEnd, simulatedMs, events, fingerprint, own }) => ({
      seed,
      complete,
      downAtEnd,
      simulatedMs,
      events,
      fingerprint,
      own,
    })),
  };
}

function deploymentReport(plan: SpreadPlan, spreads: readonly Spread[]): DeploymentReport {
  return {
    atMs: over(spreads, ({ atMs }) => atMs),
    milestones: PERCENTS.map((percent) => {
      const nodes = Math.ceil((percent * plan.nodes) / 100);
      const reached = (firsts: (spread: Spread) => readonly number[]): Reached => {
        const ms = distribution(spreads.flatMap((spread) => firsts(spread)[nodes - 1] ?? []));
        const runs = spreads.filter((spread) => firsts(spread).length >= nodes).length;
        return { runs, ms, rounds: ms && scaled(ms, 1 / plan.intervalMs) };
      };
      return { percent, nodes, known: reached(({ knownMs }) => knownMs), running: reached(({ runningMs }) => runningMs) };
    }),
    curve: curveOf(plan.nodes, spreads),
  };
}

/** From the acknowledgement until the last arrival in any run. */
function curveOf(nodes: number, spreads: readonly Spread[]): CurvePoint[] {
  const end = Math.max(0, ...spreads.flatMap(({ knownMs, runningMs }) => [knownMs.at(-1) ?? 0, runningMs.at(-1) ?? 0]));
  return Array.from({ length: CURVE_POINTS }, (_, point) => {
    const ms = (end * point) / (CURVE_POINTS - 1);
    return {
      ms,
      known: over(spreads, ({ knownMs }) => countUntil(knownMs, ms) / nodes),
      running: over(spreads, ({ runningMs }) => countUntil(runningMs, ms) / nodes),
    };
  });
}

function groupReport(loads: readonly GroupLoad[]): GroupReport {
  const figure = (name: keyof GroupLoad): LoadReport => ({
    mean: over(loads, (load) => load[name].mean),
    busiest: over(loads, (load) => load[name].busiest),
  });
  return {
    sentMessages: figure('sentMessages'),
    sentBytes: figure('sentBytes'),
    receivedMessages: figure('receivedMessages'),
    receivedBytes: figure('receivedBytes'),
  };
}

function over<Item>(items: readonly Item[], figure: (item: Item) => number): Distribution {
  return distribution(items.map(figure)) ?? NOTHING;
}
