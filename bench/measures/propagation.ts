/**
 * The evaluation of the paper: a deployment on its way through a cluster with ten rendezvous nodes, as nodes updated over time. Its three phases: the
 * rendezvous nodes have it, the cores' own gossip goes on in the background, the applications' gossip picks up. The same once more with every module dead.
 */
import { atRest } from '../harness/at-rest.ts';
import type { Setting } from '../harness/bench.ts';
import type { Baseline, Figure, Goal, Plot, Series } from '../harness/figure.ts';
import { reachedAt } from '../harness/journals.ts';
import type { Reached, Spread } from '../harness/journals.ts';
import type { BenchLab, Deployed } from '../harness/lab.ts';
import { MEMBERSHIP, membershipDirectory, membershipUpdate } from '../harness/shipped.ts';
import { until } from '../harness/wait.ts';
import { writeModule } from '../../test/support/modules.ts';
import { bareStartsMs, deployments, reachedFigure, samples, typical } from './deployments.ts';
import type { Deployments } from './deployments.ts';

const SIZES = {
  quick: { nodes: 8, rendezvous: 2, alive: 3, dead: 1, baselines: 3 },
  full: { nodes: 100, rendezvous: 10, alive: 20, dead: 5, baselines: 5 },
} as const;
const FIRST_MS = 180_000;
const DEADLINE_MS = 90_000;
/** At 100 nodes; and how much longer a cluster of any size may take whose modules are dead. */
const GOALS = { knownMs: 250, runningMs: 1_000, deadFactor: 2 } as const;

/** Starts, and falls over: it gossips nothing, answers nothing, and never comes back. It keeps the state that it was given. */
const DEAD = `
export default class Dead {
  constructor(context) {
    this.context = context;
    this.state = '{}';
  }
  acceptState(state) {
    this.state = state;
  }
  start() {
    this.context.after(200, () => queueMicrotask(() => { throw new Error('dead on purpose'); }));
  }
  receive() {
    throw new Error('dead on purpose');
  }
  transferState() {
    return this.state;
  }
}
`;

export async function propagation(setting: Setting): Promise<void> {
  const { nodes, rendezvous, alive, dead, baselines } = SIZES[setting.quick ? 'quick' : 'full'];
  setting.found({
    remarks: [`${nodes} nodes, ${rendezvous} of them rendezvous nodes, rounds of 1 s. Each deployment meets a cluster at rest.`],
  });
  await setting.withLab({ nodes, rendezvous }, async (lab) => {
    let version = 0;
    const next = (): Promise<string> => membershipUpdate(lab.directory, `2.0.${(version += 1)}`);
    await lab.running(membershipDirectory(), FIRST_MS);
    const push = { name: 'one machine asks all, 16 at a time', values: await samples(baselines, () => lab.askAllMs()) };
    const starts = { name: `start of ${nodes} bare processes`, values: await samples(baselines, () => bareStartsMs(nodes)) };
    const living = await deployments(setting, lab, {
      what: 'deployment',
      count: alive,
      deadlineMs: DEADLINE_MS,
      next,
      before: () => atRest(setting),
    });
    setting.found({
      figures: livingFigures(living, { push, starts, isGoal: nodes === SIZES.full.nodes }),
      plots: plotsOf('propagation', 'Nodes updated over time', living, rendezvous),
      remarks: waysRemark(living),
    });
    const killed = await deployments(setting, lab, {
      what: 'deployment with all modules dead',
      count: living.late.length > 0 ? 0 : dead,
      deadlineMs: DEADLINE_MS,
      next,
      before: async () => allDead(setting, lab, await deployDead(lab, (version += 1))),
    });
    setting.found({
      figures: deadFigures(killed, living),
      plots: plotsOf('propagation-dead', 'Nodes updated over time, all modules dead', killed, rendezvous),
    });
  });
}

interface Compared {
  readonly push: Baseline;
  readonly starts: Baseline;
  readonly isGoal: boolean;
}

function livingFigures(living: Deployments, { push, starts, isGoal }: Compared): Figure[] {
  const goal = (most: number): Goal | undefined => (isGoal ? { at: 'p50', most } : undefined);
  const [known, running] = [{ what: 'knownMs', baseline: push } as const, { what: 'runningMs', baseline: starts } as const];
  return [
    reachedFigure('known by half', living, { ...known, share: 0.5 }),
    reachedFigure('known by all', living, { ...known, share: 1, goal: goal(GOALS.knownMs), headline: true }),
    reachedFigure('running on half', living, { ...running, share: 0.5 }),
    reachedFigure('running on all', living, { ...running, share: 1, goal: goal(GOALS.runningMs), headline: true }),
  ];
}

function deadFigures(killed: Deployments, living: Deployments): Figure[] {
  const goal = { at: 'p50', most: GOALS.deadFactor, of: 'baseline' } as const;
  const figure = (name: string, what: 'knownMs' | 'runningMs'): Figure => {
    const baseline = { name: 'modules alive', values: living.spreads.flatMap((spread) => reachedAt(spread, what, 1) ?? []) };
    return reachedFigure(`${name}, all modules dead`, killed, { what, share: 1, baseline, goal, headline: true });
  };
  return [figure('known by all', 'knownMs'), figure('running on all', 'runningMs')];
}

/** Until every instance has fallen over; from time to time each is started again, and falls over again. */
async function allDead({ signal }: Setting, lab: BenchLab, { module, name }: Deployed): Promise<void> {
  const hasFallen = (node: string): boolean => {
    const states = lab.journal(node).filter((entry) => entry.event === 'module-state' && entry.module === module);
    const ran = states.findIndex(({ deployment, state }) => deployment === name && state === 'running');
    return ran !== -1 && states.slice(ran).some(({ state }) => state === 'failed');
  };
  await until(
    'all modules are dead',
    async () => {
      const fallen = lab.names.filter(hasFallen).length;
      return fallen === lab.names.length ? { done: true } : { soFar: `${fallen} are` };
    },
    { deadlineMs: DEADLINE_MS, signal },
  );
}

async function deployDead(lab: BenchLab, version: number): Promise<Deployed> {
  return lab.deploy(await writeModule(lab.directory, { name: MEMBERSHIP, version: `2.0.${version}`, source: DEAD }));
}

/** By which of the three ways the nodes came to know it, in the median of the runs. */
function waysRemark({ spreads }: Deployments): string[] {
  if (spreads.length === 0) return [];
  const share = (ways: readonly string[]): string => {
    const shares = spreads.map(({ nodes }) => nodes.filter(({ via }) => ways.includes(via ?? '')).length / nodes.length);
    return `${Math.round((shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)] ?? 0) * 100)} %`;
  };
  return [
    `Nodes came to know it by rumors (${share(['rumor'])}), by the applications' gossip (${share(['exchange'])}) and by backup gossip (${share(['backup'])}).`,
  ];
}

function plotsOf(name: string, title: string, { spreads }: Deployments, rendezvous: number): Plot[] {
  const spread = typical(spreads);
  if (spread === undefined) return [];
  const steps = (label: string, what: 'knownMs' | 'runningMs', of: (node: Reached) => boolean = () => true): Series => ({
    name: label,
    points: stairs(
      spread.nodes.filter(of).flatMap((node) => node[what] ?? []),
      endOf(spread),
    ),
  });
  const loaded = Math.max(...spread.nodes.slice(0, rendezvous).map(({ runningMs }) => runningMs ?? Infinity));
  const application = Math.min(...spread.nodes.map(({ via, knownMs }) => (via === 'exchange' ? (knownMs ?? Infinity) : Infinity)));
  const marks = [
    { x: loaded, text: 'all rendezvous nodes run it' },
    { x: application, text: "the applications' gossip picks up" },
  ];
  return [
    {
      name,
      title: `${title}: ${spread.nodes.length} nodes, ${rendezvous} rendezvous nodes, the deployment in the middle of ${spreads.length}`,
      x: 'ms',
      yLabel: 'nodes',
      series: [
        steps('know it', 'knownMs'),
        steps('run it', 'runningMs'),
        steps("know it by the cores' own gossip", 'knownMs', ({ via }) => via === 'rumor' || via === 'backup'),
        steps("know it by the applications' gossip", 'knownMs', ({ via }) => via === 'exchange'),
      ].filter(({ points }) => points.length > 2),
      marks: marks.filter(({ x }) => x !== Infinity),
    },
  ];
}

function endOf({ nodes }: Spread): number {
  return Math.max(0, ...nodes.flatMap(({ knownMs, runningMs }) => [knownMs ?? 0, runningMs ?? 0]));
}

/** How many had come by when: it stays level, and rises at each of the times. */
export function stairs(times: readonly number[], end: number): [number, number][] {
  const ascending = times.toSorted((a, b) => a - b);
  const points = ascending.flatMap((at, index): [number, number][] => [
    [at, index],
    [at, index + 1],
  ]);
  return [[0, 0], ...points, [end, ascending.length]];
}
