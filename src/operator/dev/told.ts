/** What an author is told of a deployment, from one look at the lab to the next. */
import type { NodeStatus } from '../../api/status.ts';
import type { Deployed } from '../deploy/deploy.ts';
import type { Gathered } from '../status/gather.ts';
import { progressOf } from '../status/progress.ts';
import type { DevEvent, OfDeployment, Stuck } from './events.ts';

export interface Telling {
  readonly deployed: Pick<Deployed, 'name' | 'record'>;
  /** Nodes of the lab. */
  readonly nodes: number;
  /** On the clock, when the first save came that led to it. */
  readonly savedAt: number;
  /** Nothing is told once it has aborted. */
  readonly signal: AbortSignal;
  readonly tell: (event: DevEvent) => void;
  /** Milliseconds; runs forward. */
  readonly now: () => number;
}

/** What nodes of one machine do not run by then, they are told to be late with. */
export const ROLLOUT_MS = 60_000;
/** How long a module must have run again to be told to. */
const STEADY_MS = 5_000;
const RUNNING = 'running';

/** What was told last is not told again. */
export class Told {
  readonly #telling: Telling;
  readonly #deployedAt: number;
  #last = '';
  #isReplaced = false;

  /** Now is when it was deployed. */
  constructor(telling: Telling) {
    this.#telling = telling;
    this.#deployedAt = telling.now();
  }

  /** So many nodes run it, which are all that may. */
  running(count: number): void {
    const { deployed, nodes, savedAt, signal, tell } = this.#telling;
    if (signal.aborted || this.#last === RUNNING) return;
    this.#last = RUNNING;
    const now = this.#telling.now();
    const took = { elapsedMs: Math.round(now - this.#deployedAt), sinceSaveMs: Math.round(now - savedAt) };
    tell({ event: 'running', ...ofDeployment(deployed), nodes: count, of: nodes, ...took });
  }

  /** What was seen in one look. */
  note({ sightings }: Pick<Gathered, 'sightings'>): void {
    const { deployed, nodes, signal, tell } = this.#telling;
    if (signal.aborted || this.#isReplaced) return;
    const { record } = deployed;
    // What fell is up again once it has stayed up for a while: a module that crashes in turns is told to crash, and not every second to run.
    const steadyMs = this.#last === '' || this.#last === RUNNING ? 0 : STEADY_MS;
    const answers = sightings.flatMap(({ answer }): NodeStatus[] => ('status' in answer ? [answer.status] : []));
    const seen = answers.map((status) => ({ status, ...progressOf(record, status, { steadyMs, others: nodes - 1 }) }));
    if (seen.some(({ progress }) => progress === 'superseded')) {
      this.#isReplaced = true;
      tell({ event: 'replaced', ...ofDeployment(deployed) });
      return;
    }
    const isLate = this.#last === '' && this.#telling.now() - this.#deployedAt > ROLLOUT_MS;
    const running = seen.filter(({ progress }) => progress === 'done').length;
    const stragglers = seen
      .filter(({ progress }) => progress === 'stuck' || (isLate && progress === 'underway'))
      .map(({ status, why }): Stuck => ({ node: status.name, why, code: failureCode(status, record.deployment.module) }))
      .toSorted((a, b) => (a.node < b.node ? -1 : 1));
    if (stragglers.length > 0) this.#stuck(stragglers, running);
    else if (running === nodes) this.running(running);
  }

  #stuck(stragglers: readonly Stuck[], running: number): void {
    const { deployed, nodes, tell } = this.#telling;
    const reasons = [...new Set(stragglers.map(({ why }) => why))].toSorted().join('\n');
    if (reasons === this.#last) return;
    this.#last = reasons;
    tell({ event: 'stuck', ...ofDeployment(deployed), nodes: running, of: nodes, stragglers });
  }
}

function failureCode({ modules }: NodeStatus, module: string): string | null {
  return modules.find(({ name }) => name === module)?.why?.code ?? null;
}

function ofDeployment({ name, record }: Pick<Deployed, 'name' | 'record'>): OfDeployment {
  const { module, code } = record.deployment;
  return { deployment: name, module, version: code?.version ?? '', code: code?.hash ?? '' };
}
