/** Plays a plan from many seeds, in as many worker threads as there are cores and memory for. The results do not depend on how many. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { GossipError } from '../../model/errors.ts';
import type { SpreadPlan } from '../../sim/play/plan.ts';
import type { SoFar, SpreadRun } from '../../sim/play/spread.ts';
import { moduleBroke } from './own-module.ts';
import type { FromWorker, PlaySeed } from './seed-messages.ts';

export interface SeedsOptions {
  readonly plan: SpreadPlan;
  readonly seeds: readonly number[];
  /** Ends the runs that are under way. */
  readonly signal: AbortSignal;
  /** Default: one for each core, as far as there is memory. */
  readonly workers?: number;
  readonly onProgress?: (progress: SeedsProgress) => void;
}

export interface SeedsProgress {
  readonly runs: number;
  readonly of: number;
  /** Runs that are under way, by seed. */
  readonly underWay: readonly (SoFar & { readonly seed: number })[];
}

export interface SeedsPlayed {
  /** In the order of the seeds. */
  readonly runs: readonly SpreadRun[];
  /** What was under way when the signal came. */
  readonly unfinished: readonly (SoFar & { readonly seed: number })[];
}

/** A simulated node with its part of everything, generously. */
const BYTES_PER_NODE = 1_500_000;
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const PROGRAM = new URL(`./seed-worker.${EXTENSION}`, import.meta.url);

export async function playSeeds({ plan, seeds, signal, workers, onProgress }: SeedsOptions): Promise<SeedsPlayed> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const done = new Map<number, SpreadRun>();
  const underWay = new Map<number, SoFar>();
  const waiting = [...seeds];
  const unfinished = (): SeedsPlayed['unfinished'] =>
    seeds.flatMap((seed) => {
      const soFar = underWay.get(seed);
      return soFar === undefined ? [] : { seed, ...soFar };
    });
  const changed = (): void => onProgress?.({ runs: done.size, of: seeds.length, underWay: unfinished() });
  const work = async (): Promise<void> => {
    const player = new SeedPlayer(plan);
    try {
      for (let seed = waiting.shift(); seed !== undefined && !stop.aborted; seed = waiting.shift()) {
        const playing = seed;
        const run = await player.play(seed, stop, (soFar) => {
          underWay.set(playing, soFar);
          changed();
        });
        if (run === 'aborted') return;
        underWay.delete(seed);
        done.set(seed, run);
        changed();
      }
    } catch (error) {
      failed.abort();
      throw error;
    } finally {
      await player.end();
    }
  };
  const count = Math.min(workers ?? workersFor(plan.nodes), seeds.length);
  await Promise.all(Array.from({ length: count }, work));
  return { runs: seeds.flatMap((seed) => done.get(seed) ?? []), unfinished: unfinished() };
}

function workersFor(nodes: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(process.availableMemory() / (nodes * BYTES_PER_NODE))));
}

/** One worker thread, which plays one seed at a time. */
class SeedPlayer {
  readonly #plan: SpreadPlan;
  readonly #worker: Worker;

  constructor(plan: SpreadPlan) {
    this.#plan = plan;
    const heapMb = Math.floor(process.availableMemory() / 2 ** 20);
    this.#worker = new Worker(PROGRAM, { resourceLimits: { maxOldGenerationSizeMb: heapMb }, stdout: true, stderr: true });
  }

  play(seed: number, signal: AbortSignal, onSoFar: (soFar: SoFar) => void): Promise<SpreadRun | 'aborted'> {
    const { promise, resolve, reject } = Promise.withResolvers<SpreadRun | 'aborted'>();
    const hear = (message: FromWorker): void => {
      if (message.type === 'so-far') onSoFar(message.soFar);
      else if (message.type === 'done') resolve(message.run);
      else reject(broken(seed, message.message));
    };
    const fail = (error: Error & { code?: string }): void => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') reject(tooLarge(error));
      else reject(typeof this.#plan.modules === 'string' ? error : moduleBroke(error));
    };
    const abort = (): void => resolve('aborted');
    this.#worker.on('message', hear).on('error', fail);
    signal.addEventListener('abort', abort, { once: true });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    this.#worker.postMessage({ plan: this.#plan, seed } satisfies PlaySeed);
    return promise.finally(() => {
      this.#worker.off('message', hear).off('error', fail);
      signal.removeEventListener('abort', abort);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function broken(seed: number, message: string): GossipError {
  return new GossipError('GOSSIP_E_INTERNAL', `seed ${seed}: ${message}`, {
    advice: `This is a defect: please report it with the command. '--replay ${seed}' in place of '--seeds' shows the run.`,
  });
}

function tooLarge(cause: Error): GossipError {
  return new GossipError('GOSSIP_E_TOO_LARGE', 'there is not enough memory for a simulation of this size', {
    advice: 'Simulate fewer nodes, or use a machine with more memory.',
    cause,
  });
}
