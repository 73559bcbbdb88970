/** How a deployment goes in the lab: told when all nodes run it, when they do not come to it, and when that changes later. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabNode } from '../../lab/lab-file.ts';
import type { Deployed } from '../deploy/deploy.ts';
import type { Session } from '../settings/session.ts';
import { waitForConvergence } from '../status/await-rollout.ts';
import { watchCluster } from '../status/watch.ts';
import type { DevEvent } from './events.ts';
import { ROLLOUT_MS, Told } from './told.ts';

export interface Following {
  readonly session: Pick<Session, 'cluster' | 'client'>;
  readonly nodes: readonly LabNode[];
  readonly deployed: Deployed;
  /** On the clock of `performance.now()`, when the first save came that led to it. */
  readonly savedAt: number;
  readonly signal: AbortSignal;
  readonly tell: (event: DevEvent) => void;
}

const POLL_MS = 50;
/** Between two looks at what runs. */
const VIGIL_MS = 1_000;

/** Resolves when it is told to stop, and then only. */
export async function follow(following: Following): Promise<void> {
  const { session, nodes, deployed, signal } = following;
  const { record } = deployed;
  const told = new Told({ ...following, nodes: nodes.length, now: () => performance.now() });
  const look = watchCluster(session.cluster, session.client, record.deployment.module, nodes, signal);
  const clock = { now: () => performance.now(), pause: (ms: number) => pause(ms, signal) };
  const first = await waitForConvergence({ record, look, timeoutMs: ROLLOUT_MS, pollMs: POLL_MS, signal, clock });
  if (first.outcome === 'converged' && first.superseded === 0) told.running(first.done);
  while (!signal.aborted) {
    told.note(await look(VIGIL_MS));
    await pause(VIGIL_MS, signal);
  }
}

/** Resolves, also when it is told to stop. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
