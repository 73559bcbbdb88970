/** Looks at every node over and over, and keeps what must never be seen: a number that went back, or one that was activated twice (law 1). */
import { setTimeout as pause } from 'node:timers/promises';
import type { DeploymentNumber } from '../../src/model/deployment-number.ts';
import type { NodeStatus } from '../../src/api/status.ts';
import { moduleOf } from './watcher.ts';
import type { Watcher } from './watcher.ts';

const BETWEEN_LOOKS_MS = 100;

/** A `FaultCluster`, as far as it is looked at. */
interface Watched {
  readonly names: readonly string[];
  readonly watcher: Pick<Watcher, 'status'>;
}

/** What one node showed so far. */
interface Seen {
  highestSequence: number;
  newest: DeploymentNumber | null;
  running: DeploymentNumber | null;
  /** Which process ran each number. */
  readonly pids: Map<string, number>;
}

export class ForwardWatch {
  /** What was seen that must never be. */
  readonly wrongs: string[] = [];
  looks = 0;
  readonly #cluster: Watched;
  readonly #module: string;
  readonly #ended = new AbortController();
  readonly #watching: Promise<unknown>;

  /** Whoever begins it must end it. */
  constructor(cluster: Watched, module = 'notebook') {
    this.#cluster = cluster;
    this.#module = module;
    this.#watching = Promise.all(cluster.names.map((name) => this.#watch(name)));
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#watching;
  }

  async #watch(name: string): Promise<void> {
    const seen: Seen = { highestSequence: 0, newest: null, running: null, pids: new Map() };
    while (!this.#ended.signal.aborted) {
      const status = await this.#cluster.watcher.status(name).catch(() => null);
      if (status !== null) this.wrongs.push(...this.#look(seen, status).map((wrong) => `${name}: ${wrong}`));
      await pause(BETWEEN_LOOKS_MS);
    }
  }

  #look(seen: Seen, status: NodeStatus): string[] {
    this.looks += 1;
    const wrongs: string[] = [];
    const forward = (what: 'newest' | 'running', now: DeploymentNumber | null | undefined): void => {
      if (!now) return;
      const before = seen[what];
      if (before !== null && compareNumbers(now, before) < 0) wrongs.push(`${what} ${text(now)} after ${text(before)}`);
      seen[what] = now;
    };
    const module = moduleOf(status, this.#module);
    forward('newest', module?.newestNumber);
    forward('running', module?.number);
    if (status.highestSequence < seen.highestSequence) wrongs.push(`sequence ${status.highestSequence} after ${seen.highestSequence}`);
    seen.highestSequence = status.highestSequence;
    if (!module?.number || module.pid === null) return wrongs;
    const pid = seen.pids.get(text(module.number)) ?? module.pid;
    if (pid !== module.pid) wrongs.push(`${text(module.number)} in process ${module.pid} after process ${pid}`);
    seen.pids.set(text(module.number), module.pid);
    return wrongs;
  }
}

/** As records are ordered, but for the hash. */
function compareNumbers(a: DeploymentNumber, b: DeploymentNumber): number {
  return a.sequence - b.sequence || a.time - b.time || (a.origin < b.origin ? -1 : Number(a.origin > b.origin));
}

function text({ sequence, time, origin }: DeploymentNumber): string {
  return `d${sequence} of ${time} at ${origin.slice(0, 12)}`;
}
