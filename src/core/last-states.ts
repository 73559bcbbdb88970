/** The end of a run, and what a node that leaves says of its modules' states: whether what lies on the disk is of their last moment, and how old it is otherwise. */
import type { GossipNode } from '../gossip/node.ts';
import type { Failure, ModuleView } from '../gossip/protocol.ts';
import { deploymentName } from '../model/deployment.ts';
import type { ModuleName } from '../model/names.ts';
import { notRunning } from '../runner/instances.ts';
import type { LastStates } from '../runner/last-states.ts';
import type { Runner } from '../runner/runner.ts';
import type { Clock } from './adapters/clock.ts';
import type { DataDirectory } from './store/data-directory.ts';
import type { LastState, LeaveAnswer } from './store/leave-wish.ts';

export interface LastStateParts {
  readonly data: { readonly checkpoints: Pick<DataDirectory['checkpoints'], 'takenAt'> };
  readonly clock: Pick<Clock, 'forward' | 'wall'>;
  /** How many bytes the state of each module has that lies on the disk, as far as it is known. */
  readonly sizes: ReadonlyMap<ModuleName, number>;
}

interface Ending extends LastStateParts {
  readonly node: Pick<GossipNode, 'moduleViews'>;
  readonly goodbye: boolean;
}

/** Ends the run in order, with a goodbye where it is wished for. */
export async function endInOrder(runner: Pick<Runner, 'stop'>, { node, goodbye, ...parts }: Ending): Promise<LeaveAnswer> {
  const views = node.moduleViews(parts.clock.forward());
  const [said, last] = await new Promise<Parameters<Parameters<Runner['stop']>[0]>>((done) =>
    runner.stop((...told) => done(told), { goodbye }),
  );
  return { ...said, at: Math.round(parts.clock.wall()), modules: await tellLastStates(views, last, parts) };
}

/** Of every module that should run here. `views`: as they were when the node began to end; `last`: what came of their last checkpoints. */
export function tellLastStates(views: readonly ModuleView[], last: LastStates, parts: LastStateParts): Promise<LastState[]> {
  return Promise.all(views.filter(({ state }) => state !== 'stopped').map((view) => tellLastState(view, last, parts)));
}

async function tellLastState(view: ModuleView, last: LastStates, { data, clock, sizes }: LastStateParts): Promise<LastState> {
  const { name, running, newest } = view;
  const outcome = last.get(name);
  const why = outcome === undefined ? whyNone(view) : outcome;
  // A disk that cannot be read has told so by itself.
  const at = await data.checkpoints.takenAt(name).catch(() => 0);
  return {
    name,
    deployment: deploymentName((running ?? newest).deployment),
    bytes: at === 0 ? null : (sizes.get(name) ?? null),
    ageMs: at === 0 ? null : Math.max(0, Math.round(clock.wall() - at)),
    saved: why === null,
    why,
  };
}

/** No state was asked for: nothing ran, or something of before the last scrub. */
function whyNone({ name, why }: ModuleView): Failure {
  return why ?? notRunning(name);
}
