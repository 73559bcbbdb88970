/** How far one node is with one deployment, by what its running instance reports (law 9). */
import { compareNumbers } from '../../model/deployment-number.ts';
import type { Failure } from '../../model/errors.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleStatus, NodeStatus } from '../../api/status.ts';
import { formatDuration } from '../../model/duration.ts';

/** elsewhere: this node may not run the module. */
export type Progress = 'done' | 'superseded' | 'elsewhere' | 'underway' | 'stuck';

export interface NodeProgress {
  readonly progress: Progress;
  /** Whether the node knows the deployment. */
  readonly aware: boolean;
  /** Why it is not done. */
  readonly why: string;
  /** What must be known although it is done; empty where nothing is. */
  readonly remark: string;
}

const UNAWARE: NodeProgress = { progress: 'underway', aware: false, why: 'has not heard of it yet', remark: '' };

/** What a node tells of an instance that runs. */
export type ModuleHealth = Pick<ModuleStatus, 'healthyMs' | 'exchanges' | 'errors' | 'checkpoint' | 'restoredFromMs'>;

export interface Demands {
  /** How long an instance must have run without a break. */
  readonly steadyMs: number;
  /** Other nodes that answer: with none, nothing is expected of its gossip. */
  readonly others: number;
}

/** A reason with the code to look up; that a node is still at work needs no looking up. */
export function reasonText({ code, message }: Failure): string {
  return code === 'GOSSIP_E_BUSY' ? message : `${message} (${code})`;
}

export function progressOf(record: VerifiedDeployment, node: NodeStatus, demands: Demands = { steadyMs: 0, others: 0 }): NodeProgress {
  const { deployment } = record;
  const module = node.modules.find(({ name }) => name === deployment.module);
  if (module === undefined) return isFolded(record, node) ? is('done', '') : UNAWARE;
  const order = compareNumbers(module.newestNumber, deployment.number);
  if (order > 0) return is('superseded', `${module.newest} is newer`);
  if (order < 0) return UNAWARE;
  return atNewest(record, module, demands);
}

/** Nodes do not list the modules that were removed long ago, and say how many these are. */
function isFolded({ deployment: { code, number } }: VerifiedDeployment, { removedModules = 0, highestSequence }: NodeStatus): boolean {
  return code === null && removedModules > 0 && highestSequence >= number.sequence;
}

function atNewest({ deployment }: VerifiedDeployment, module: ModuleStatus, demands: Demands): NodeProgress {
  const why = module.why === null ? module.state : reasonText(module.why);
  // A stopped module is at rest: removed everywhere, or not chosen to run on this node.
  if (module.state === 'stopped') return is(deployment.code === null ? 'done' : 'elsewhere', why);
  if (deployment.code === null) return is('underway', 'not yet removed');
  if (module.state === 'running' && module.code === deployment.code.hash && isNumber(module, deployment)) return health(module, demands);
  return is(module.state === 'held' || module.state === 'failed' ? 'stuck' : 'underway', why);
}

/** How long the first checkpoint of an instance is waited for. */
const FIRST_STATE_MS = 10_000;

/** It runs; whether it also works. Nodes of an older version do not tell. */
function health(module: ModuleStatus, { steadyMs, others }: Demands): NodeProgress {
  if (Math.min(module.sinceMs, module.healthyMs ?? module.sinceMs) < steadyMs) return is('underway', 'has only just begun to run');
  // It is asked for its state after its first round. Where rounds are long, nobody waits for that; nodes of an older version do not tell.
  const untaken = module.checkpoint?.ageMs === null && module.checkpoint.error === null;
  if (untaken && module.sinceMs < FIRST_STATE_MS) return is('underway', 'its state has not been taken yet');
  const fault = faultOf(module, others);
  return fault ?? is('done', '', untaken ? 'its state has not been taken yet' : restoredText(module));
}

/** What ails a module that runs; null when nothing does. `--wait` must not call it deployed. */
function faultOf({ checkpoint, exchanges, errors }: ModuleHealth, others: number): NodeProgress | null {
  if (checkpoint?.error) return is('stuck', `its state cannot be taken: ${reasonText(checkpoint.error)}`);
  if (others === 0 || exchanges === undefined || exchanges.answered > 0) return null;
  if (errors?.last) return is('stuck', `it answers no message: ${reasonText(errors.last)}`);
  if (exchanges.failed > 0) return is('underway', `none of its ${exchanges.failed} exchanges was answered`);
  return null;
}

/** An old state is told with its age. */
export function restoredText({ restoredFromMs }: ModuleHealth): string {
  return restoredFromMs === undefined || restoredFromMs === null
    ? ''
    : `began with a checkpoint that was ${formatDuration(restoredFromMs)} old, for nothing ran that could hand over`;
}

function isNumber(module: ModuleStatus, { number }: VerifiedDeployment['deployment']): boolean {
  return module.number !== null && compareNumbers(module.number, number) === 0;
}

function is(progress: Progress, why: string, remark = ''): NodeProgress {
  return { progress, aware: true, why, remark };
}
