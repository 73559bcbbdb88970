/** The last checkpoint of a running instance, when the node stops. */
import { setTimeout as wait } from 'node:timers/promises';
import type { ModuleView } from '../gossip/protocol.ts';
import { GossipError } from '../model/errors.ts';
import { LAST_STATE_MS } from '../sdk/limits.ts';
import { failureOf } from './instances.ts';
import type { Instances } from './instances.ts';
import type { Logger } from './log.ts';
import type { CheckpointStore } from './store/checkpoint-store.ts';

export interface LastCheckpointParts {
  readonly instances: Pick<Instances, 'host'>;
  readonly checkpoints: Pick<CheckpointStore, 'save'>;
  readonly log: Pick<Logger, 'warn'>;
}

/** Never rejects: without it, the checkpoint before stays. */
export async function lastCheckpoint({ name, generation, stateEpoch, running }: ModuleView, parts: LastCheckpointParts): Promise<void> {
  const host = parts.instances.host(name, generation);
  if (!host || !running) return;
  try {
    const state = await Promise.race([host.takeState(), tooLate()]);
    await parts.checkpoints.save(name, { deployment: running.hash, stateEpoch, state });
  } catch (error) {
    parts.log.warn({ module: name, error: failureOf(error).message }, 'no last checkpoint: the one before it stays');
  }
}

async function tooLate(): Promise<never> {
  await wait(LAST_STATE_MS, undefined, { ref: false });
  throw new GossipError('GOSSIP_E_TIMEOUT', `the module gave no state within ${LAST_STATE_MS} ms`);
}
