/** The last checkpoints of an orderly end: taken of all instances at once, and waited for. */
import type { ModuleView } from '../gossip/protocol.ts';
import type { Failure } from '../model/errors.ts';
import type { ModuleName } from '../model/names.ts';
import type { StateBytes } from '../model/state-bytes.ts';
import { LAST_STATE_MS } from '../sdk/limits.ts';
import type { Instances } from './instances.ts';
import { once } from './once.ts';
import type { Outcome, RunnerPorts, Written } from './ports.ts';

/** Of each module whose last state was asked for: null where it is on the disk, else why it is not. */
export type LastStates = ReadonlyMap<ModuleName, Failure | null>;

const LATE: Failure = { code: 'GOSSIP_E_TIMEOUT', message: `transferState() did not end within ${LAST_STATE_MS} ms` };

export interface LastStateParts {
  readonly ports: Pick<RunnerPorts, 'clock' | 'disk' | 'remarks'>;
  readonly instances: Pick<Instances, 'takeLast'>;
}

/** `done`: each is written, or it is known why not. Without one the checkpoint before stays, and the node's next start says how old that is. */
export function keepLastStates(views: readonly ModuleView[], { ports, instances }: LastStateParts, done: (last: LastStates) => void): void {
  const { clock, disk, remarks } = ports;
  const last = new Map<ModuleName, Failure | null>();
  let open = views.length;
  const kept = (): void => {
    open -= 1;
    if (open <= 0) done(last);
  };
  for (const view of views) {
    const { running, name, stateEpoch } = view;
    const takeState = instances.takeLast(view);
    if (takeState === null || running === null || view.isOutdated) {
      kept();
      continue;
    }
    const written: Written = (refusal) => {
      if (refusal !== null) remarks.lastCheckpointFailed(name, refusal);
      last.set(name, refusal);
      kept();
    };
    const taken = once((state: Outcome<StateBytes>): void => {
      if ('failure' in state) written(state.failure);
      else disk.saveCheckpoint(name, { deployment: running.hash, stateEpoch, state: state.value }, 0, written);
    });
    clock.after(LAST_STATE_MS, () => taken({ failure: LATE }));
    takeState(taken);
  }
  if (views.length === 0) kept();
}
