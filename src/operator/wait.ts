/** Waits until every reachable node runs a deployment, or says why it ends before. */
import type { NodeId } from '../model/names.ts';
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { FailureStatus, ModuleStatus, NodeStatus } from '../model/status.ts';
import type { Sighting } from './gather.ts';
import { reachable } from './gather.ts';

/** How far a node is with one deployment. */
export type Progress = 'done' | 'superseded' | 'elsewhere' | 'underway' | 'stuck';

export interface Straggler {
  readonly id: NodeId;
  readonly name: string;
  readonly progress: 'underway' | 'stuck';
  readonly why: string;
}

export interface Convergence {
  readonly outcome: 'converged' | 'timeout' | 'halted';
  /** Nodes that answered, and how many of them are done. */
  readonly reachable: number;
  readonly done: number;
  /** Of those that are done, how many run a newer deployment that came meanwhile. */
  readonly superseded: number;
  readonly unreachable: number;
  readonly stragglers: readonly Straggler[];
  readonly elapsedMs: number;
}

export interface WaitOptions {
  readonly record: VerifiedDeployment;
  readonly look: () => Promise<readonly Sighting[]>;
  readonly timeoutMs: number;
  readonly pollMs: number;
  /** Law 9: how long an instance must have run without a break to count. Default 0. The time that is told is without it. */
  readonly steadyMs?: number;
  /** A clock that runs forward, and a pause on it; virtual in tests. */
  readonly clock: { now(): number; pause(ms: number): Promise<void> };
  readonly onProgress?: (convergence: Omit<Convergence, 'outcome'>) => void;
}

/** A crash at start and a restart look like a halt for a moment; only a lasting one counts. */
const LOOKS_BEFORE_HALT = 6;

export async function waitForConvergence(options: WaitOptions): Promise<Convergence> {
  const { clock, timeoutMs, pollMs, steadyMs = 0 } = options;
  const startedAt = clock.now();
  for (let halts = 0; ;) {
    const seen = judge(options.record, await options.look(), { elapsedMs: clock.now() - startedAt, steadyMs });
    options.onProgress?.(seen);
    if (seen.reachable > 0 && seen.stragglers.length === 0) {
      return { outcome: 'converged', ...seen, elapsedMs: Math.max(0, seen.elapsedMs - steadyMs) };
    }
    halts = seen.done > 0 ? 0 : halts + Number(isHalted(seen));
    if (halts >= LOOKS_BEFORE_HALT) return { outcome: 'halted', ...seen };
    if (seen.elapsedMs + pollMs > timeoutMs) return { outcome: 'timeout', ...seen };
    await clock.pause(pollMs);
  }
}

/** A reason with the code to look up; that a node is still at work needs no looking up. */
export function reasonText({ code, message }: FailureStatus): string {
  return code === 'GOSSIP_E_BUSY' ? message : `${message} (${code})`;
}

/** How far `node` is with `record`; what has run for less than `steadyMs` may yet fall over. */
export function progressOf(record: VerifiedDeployment, node: NodeStatus, steadyMs = 0): { progress: Progress; why: string } {
  const { deployment } = record;
  const module = node.modules.find(({ name }) => name === deployment.module);
  if (module === undefined) return { progress: 'underway', why: 'has not heard of it yet' };
  const order = compareNumbers(module.newestNumber, deployment.number);
  if (order > 0) return { progress: 'superseded', why: `${module.newest} is newer` };
  if (order < 0) return { progress: 'underway', why: 'has not heard of it yet' };
  return atNewest(record, module, steadyMs);
}

function atNewest({ deployment }: VerifiedDeployment, module: ModuleStatus, steadyMs: number): { progress: Progress; why: string } {
  const why = module.why === null ? module.state : reasonText(module.why);
  // A stopped module is at rest: removed everywhere, or not chosen to run on this node.
  if (module.state === 'stopped') return { progress: deployment.code === null ? 'done' : 'elsewhere', why };
  if (deployment.code === null) return { progress: 'underway', why: 'not yet removed' };
  if (module.state === 'running' && module.code === deployment.code.hash && isNumber(module, deployment))
    return module.sinceMs >= steadyMs ? { progress: 'done', why: '' } : { progress: 'underway', why: 'has only just begun to run' };
  return { progress: module.state === 'held' || module.state === 'failed' ? 'stuck' : 'underway', why };
}

function isNumber(module: ModuleStatus, { number }: VerifiedDeployment['deployment']): boolean {
  return module.number !== null && compareNumbers(module.number, number) === 0;
}

type Number = VerifiedDeployment['deployment']['number'];

/** Order of deployment numbers within one trust epoch. */
export function compareNumbers(a: Number, b: Number): number {
  return a.sequence - b.sequence || a.time - b.time || (a.origin < b.origin ? -1 : a.origin > b.origin ? 1 : 0);
}

function judge(
  record: VerifiedDeployment,
  sightings: readonly Sighting[],
  { elapsedMs, steadyMs }: { elapsedMs: number; steadyMs: number },
): Omit<Convergence, 'outcome'> {
  const nodes = reachable(sightings).map((node) => ({ id: node.id, name: node.name, ...progressOf(record, node, steadyMs) }));
  const stragglers = nodes.flatMap(({ progress, ...node }): Straggler[] =>
    progress === 'underway' || progress === 'stuck' ? [{ ...node, progress }] : [],
  );
  return {
    reachable: nodes.length,
    done: nodes.length - stragglers.length,
    superseded: nodes.filter(({ progress }) => progress === 'superseded').length,
    unreachable: sightings.length - nodes.length,
    stragglers,
    elapsedMs,
  };
}

/** Nobody is still on the way. While some node is done, those that are stuck may yet follow: they go on trying. */
function isHalted({ stragglers }: Omit<Convergence, 'outcome'>): boolean {
  return stragglers.length > 0 && stragglers.every(({ progress }) => progress === 'stuck');
}
