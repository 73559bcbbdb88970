/** The last checkpoint of a running instance, when the node stops. */
import { setTimeout as wait } from 'node:timers/promises';
import type { ModuleView } from '../gossip/protocol.ts';
import { GossipError } from '../model/errors.ts';
import { LAST_STATE_MS } from '../sdk/limits.ts';
import { failureOf } from './instances.ts';
import type { Instances } from './instances.ts';
import type { Logger } from './log.ts';
import type { CheckpointStore } from './store/checkpoint-store.ts';
import type { Journal } from './store/journal.ts';

export interface LastCheckpointParts {
  readonly instances: Pick<Instances, 'host'>;
  readonly checkpoints: Pick<CheckpointStore, 'save'>;
  readonly journal: Pick<Journal, 'append'>;
  readonly log: Pick<Logger, 'error'>;
}

/** Never rejects: without it, the checkpoint before stays, and the node's next start says how old that is. */
export async function lastCheckpoint({ name, generation, stateEpoch, running }: ModuleView, parts: LastCheckpointParts): Promise<void> {
  const host = parts.instances.host(name, generation);
  if (!host || !running) return;
  try {
    const state = await Promise.race([host.takeState(), tooLate()]);
    await parts.checkpoints.save(name, { deployment: running.hash, stateEpoch, state });
  } catch (error) {
    const { code, message } = failureOf(error);
    parts.journal.append({ event: 'last-checkpoint-failed', module: name, code, why: message });
    parts.log.error({ module: name, code, error: message }, 'no last checkpoint: the one before it stays, and what came since is lost');
  }
}

async function tooLate(): Promise<never> {
  await wait(LAST_STATE_MS, undefined, { ref: false });
  throw new GossipError('GOSSIP_E_TIMEOUT', `transferState() did not end within ${LAST_STATE_MS} ms`);
}
