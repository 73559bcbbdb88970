/** For whom a deployment would be, and how long it would take there: the simulator's answer for a cluster of that size. */
import { COSTS } from '../../sim/world/costs.ts';
import type { ModuleName } from '../../model/names.ts';
import type { NodeAddress } from '../client/client.ts';
import type { Sighting } from '../status/gather.ts';
import { reachable } from '../status/gather.ts';
import { limitOf } from '../simulate/limits.ts';
import { modulesFor } from '../simulate/plan.ts';
import { reportOf } from '../simulate/report.ts';
import type { Reached } from '../simulate/report.ts';
import { playSeeds } from '../simulate/seeds.ts';

/** Whom a deployment reaches. */
export interface Audience {
  /** Members that are known of, those that have left or are long gone left out. */
  readonly nodes: number;
  /** Of these, how many answered. */
  readonly answered: number;
  /** Nodes that were told not to run this module; of a module that is new nobody can know. */
  readonly without: readonly NodeAddress[];
}

/** Of a few simulated runs, the median: how long until all nodes know it and run it; null where not every run got there. */
export interface Forecast {
  readonly nodes: number;
  /** One gossip round, in milliseconds. */
  readonly intervalMs: number;
  /** What each node fetches of the code. */
  readonly codeBytes: number;
  readonly knownMs: number | null;
  readonly runningMs: number | null;
}

/** What the simulator takes the start of a module for, in milliseconds of a processor. */
export const ASSUMED_START_MS = COSTS.hostProcessMs + COSTS.hostLoadMs;

const SEEDS = [1, 2, 3];
/** A look ahead is worth so much waiting. */
const PATIENCE_MS = 10_000;
/** Beyond it a run takes longer than that. */
const MAX_NODES = 500;

/** `runs`: whether the module's newest deployment has code, so that a node on which it is stopped does not want it. */
export function audienceOf(sightings: readonly Sighting[], module: ModuleName, runs: boolean): Audience {
  const members = sightings.filter(({ answer, belief = 'member' }) => 'status' in answer || belief === 'member' || belief === 'calls');
  const answered = reachable(members);
  const without = answered.filter(({ modules }) => runs && modules.some(({ name, state }) => name === module && state === 'stopped'));
  return { nodes: members.length, answered: answered.length, without: without.map(({ id, name, address }) => ({ id, name, address })) };
}

/** Null for a cluster that is too large to simulate in a moment, and where a run took longer than anybody waits. */
export async function forecast(
  { nodes, intervalMs, codeBytes }: Pick<Forecast, 'nodes' | 'intervalMs' | 'codeBytes'>,
  rendezvous: number,
  signal = AbortSignal.timeout(PATIENCE_MS),
): Promise<Forecast | null> {
  if (nodes > MAX_NODES) return null;
  const figures = {
    nodes,
    rendezvous: Math.max(1, Math.min(rendezvous, nodes)),
    intervalMs,
    loss: 0,
    churnPerMinute: 0,
    codeBytes: Math.max(1, codeBytes),
    bitsPerSecond: null,
    machines: null,
    modules: modulesFor(nodes),
    steps: [{ atMs: 0, do: 'deploy' as const, node: 'rendezvous1' }],
  };
  const plan = { ...figures, limitMs: limitOf(figures) };
  const { runs } = await playSeeds({ plan, seeds: SEEDS, signal });
  const all = reportOf(plan, runs, false).deployments[0]?.milestones.find(({ percent }) => percent === 100);
  if (runs.length === 0 || all === undefined) return null;
  const time = ({ runs: arrived, ms }: Reached): number | null => (arrived === runs.length ? ms && Math.round(ms.p50) : null);
  return { nodes, intervalMs, codeBytes, knownMs: time(all.known), runningMs: time(all.running) };
}
