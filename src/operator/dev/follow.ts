/** How a deployment goes in the lab: told when all nodes run it, when they do not come to it, and when that changes later. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeStatus } from '../../api/status.ts';
import type { LabNode } from '../../lab/lab.ts';
import type { Deployed } from '../deploy/deploy.ts';
import type { Session } from '../settings/session.ts';
import type { Gathered } from '../status/gather.ts';
import { waitForConvergence } from '../status/await-rollout.ts';
import { progressOf } from '../status/progress.ts';
import { watchCluster } from '../status/watch.ts';
import type { DevEvent, OfDeployment, Stuck } from './events.ts';

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
/** What nodes of one machine do not run by then, they are told to be late with. */
const ROLLOUT_MS = 60_000;
/** Between two looks at what runs. */
const VIGIL_MS = 1_000;

/** Resolves when it is told to stop, and then only. */
export async function follow(following: Following): Promise<void> {
  const { session, nodes, deployed, signal } = following;
  const { record } = deployed;
  const told = new Told(following, performance.now());
  const look = watchCluster(session.cluster, session.client, record.deployment.module, nodes, signal);
  const clock = { now: () => performance.now(), pause: (ms: number) => pause(ms, signal) };
  const first = await waitForConvergence({ record, look, timeoutMs: ROLLOUT_MS, pollMs: POLL_MS, signal, clock });
  if (first.outcome === 'converged' && first.superseded === 0) told.running(first.done);
  while (!signal.aborted) {
    told.note(await look(VIGIL_MS));
    await pause(VIGIL_MS, signal);
  }
}

/** How long a module must have run again to be told to. */
const STEADY_MS = 5_000;
const RUNNING = 'running';

/** What was told last is not told again. */
class Told {
  readonly #following: Following;
  readonly #deployedAt: number;
  #last = '';
  #isReplaced = false;

  constructor(following: Following, deployedAt: number) {
    this.#following = following;
    this.#deployedAt = deployedAt;
  }

  running(count: number): void {
    const { deployed, nodes, savedAt, signal, tell } = this.#following;
    if (signal.aborted || this.#last === RUNNING) return;
    this.#last = RUNNING;
    const now = performance.now();
    const took = { elapsedMs: Math.round(now - this.#deployedAt), sinceSaveMs: Math.round(now - savedAt) };
    tell({ event: 'running', ...ofDeployment(deployed), nodes: count, of: nodes.length, ...took });
  }

  note({ sightings }: Pick<Gathered, 'sightings'>): void {
    const { deployed, nodes, signal, tell } = this.#following;
    if (signal.aborted || this.#isReplaced) return;
    const { record } = deployed;
    // What fell is up again once it has stayed up for a while: a module that crashes in turns is told to crash, and not every second to run.
    const steadyMs = this.#last === '' || this.#last === RUNNING ? 0 : STEADY_MS;
    const answers = sightings.flatMap(({ answer }): NodeStatus[] => ('status' in answer ? [answer.status] : []));
    const seen = answers.map((status) => ({ status, ...progressOf(record, status, { steadyMs, others: nodes.length - 1 }) }));
    if (seen.some(({ progress }) => progress === 'superseded')) {
      this.#isReplaced = true;
      tell({ event: 'replaced', ...ofDeployment(deployed) });
      return;
    }
    const isLate = this.#last === '' && performance.now() - this.#deployedAt > ROLLOUT_MS;
    const running = seen.filter(({ progress }) => progress === 'done').length;
    const stragglers = seen
      .filter(({ progress }) => progress === 'stuck' || (isLate && progress === 'underway'))
      .map(({ status, why }): Stuck => ({ node: status.name, why, code: failureCode(status, record.deployment.module) }))
      .toSorted((a, b) => (a.node < b.node ? -1 : 1));
    if (stragglers.length > 0) this.#stuck(stragglers, running);
    else if (running === nodes.length) this.running(running);
  }

  #stuck(stragglers: readonly Stuck[], running: number): void {
    const { deployed, nodes, tell } = this.#following;
    const reasons = [...new Set(stragglers.map(({ why }) => why))].toSorted().join('\n');
    if (reasons === this.#last) return;
    this.#last = reasons;
    tell({ event: 'stuck', ...ofDeployment(deployed), nodes: running, of: nodes.length, stragglers });
  }
}

function failureCode({ modules }: NodeStatus, module: string): string | null {
  return modules.find(({ name }) => name === module)?.why?.code ?? null;
}

function ofDeployment({ name, record }: Deployed): OfDeployment {
  const { module, code } = record.deployment;
  return { deployment: name, module, version: code?.version ?? '', code: code?.hash ?? '' };
}

/** Resolves, also when it is told to stop. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
