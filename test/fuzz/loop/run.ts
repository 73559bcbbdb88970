/** Runs the coverage-guided loop over one target, and notices when an input makes it hang or run out of memory. */
import { randomInt } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Target } from '../target.ts';
import type { Reached } from './coverage.ts';
import { CurrentInput } from './current-input.ts';
import type { Found, Job, Report } from './worker.ts';

export type { Found } from './worker.ts';

export interface RunOptions {
  readonly target: Target['name'];
  readonly seconds: number;
  /** Ends the run (default 10): what breaks at every turn breaks for one reason. */
  readonly maxFindings?: number;
  /** Inputs of earlier runs, to go on from. */
  readonly corpus?: readonly Uint8Array[];
  /** Default: another one in every run. */
  readonly randomSeed?: number;
  /** Largest input (default 64 KiB). */
  readonly maxBytes?: number;
  /** Module that exports `TARGETS`, and where the code lies that they should reach; by default the product's. */
  readonly targets?: string;
  readonly covered?: readonly string[];
  /** How much processor time one input may take (default 10 s), so that a busy machine is not taken for a hang. */
  readonly hangMs?: number;
  /** Largest heap of the loop's thread (default 512). */
  readonly maxHeapMb?: number;
  readonly onProgress?: (run: RunResult) => void;
}

export interface RunResult {
  readonly executions: number;
  readonly seconds: number;
  readonly reached: Reached;
  /** Inputs that reached something first. */
  readonly corpus: readonly Uint8Array[];
  readonly findings: readonly Found[];
}

const PRODUCT = ['src/', 'node_modules/canonicalize/', 'node_modules/ipaddr.js/'].map(
  (path) => new URL(`../../../${path}`, import.meta.url).href,
);
const DEFAULT_HEAP_MB = 512;
const LOOK_MS = 200;
/** One that waits takes no processor time; on a busy machine one that does not wait takes little. */
const MAX_WAIT_MS = 180_000;

export function runLoop(options: RunOptions): Promise<RunResult> {
  return new Run(options).result;
}

class Run {
  readonly result: Promise<RunResult>;
  readonly #settled = Promise.withResolvers<RunResult>();
  readonly #options: RunOptions;
  readonly #current: CurrentInput;
  readonly #maxHeapMb: number;
  readonly #worker: Worker;
  readonly #startedMs = performance.now();
  readonly #watch: NodeJS.Timeout;
  readonly #findings: Found[] = [];
  #reached: Reached = { functions: 0, share: 0 };
  #corpus: readonly Uint8Array[] = [];
  #done = false;
  #lastTried = { count: 0, atMs: performance.now(), atCpuMs: cpuMs() };

  constructor(options: RunOptions) {
    const { target, seconds, corpus = [], maxBytes = 64 * 1024, randomSeed = randomInt(2 ** 32 - 1) } = options;
    const { maxFindings = 10, targets = new URL('../targets.ts', import.meta.url).href, covered = PRODUCT } = options;
    this.#options = options;
    this.#maxHeapMb = options.maxHeapMb ?? DEFAULT_HEAP_MB;
    this.result = this.#settled.promise;
    this.#current = CurrentInput.ofSize(maxBytes);
    const job: Job = { targets, target, covered, seconds, maxFindings, randomSeed, maxBytes, corpus, memory: this.#current.memory };
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: this.#maxHeapMb },
    });
    this.#worker.on('message', (report: Report) => this.#take(report));
    this.#worker.on('error', (error: Error & { code?: string }) => this.#die(error));
    this.#worker.on('exit', () => this.#end());
    this.#watch = setInterval(() => this.#lookForHang(), LOOK_MS);
  }

  get #soFar(): RunResult {
    return {
      executions: this.#current.tried,
      seconds: (performance.now() - this.#startedMs) / 1_000,
      reached: this.#reached,
      corpus: this.#corpus,
      findings: [...this.#findings],
    };
  }

  #take(report: Report): void {
    if (report.kind === 'found') {
      this.#findings.push(report.found);
      return;
    }
    this.#done = report.kind === 'done';
    this.#reached = report.reached;
    this.#corpus = report.corpus;
    this.#options.onProgress?.(this.#soFar);
  }

  #lookForHang(): void {
    const { tried, busy } = this.#current;
    const now = performance.now();
    if (!busy || tried !== this.#lastTried.count) this.#lastTried = { count: tried, atMs: now, atCpuMs: cpuMs() };
    const { hangMs = 10_000 } = this.#options;
    const usedMs = cpuMs() - this.#lastTried.atCpuMs;
    if (usedMs < hangMs && now - this.#lastTried.atMs < MAX_WAIT_MS) return;
    const what = `nothing came of it in ${Math.round(usedMs)} ms of processor time`;
    this.#findings.push({ kind: 'hang', where: '', what, input: this.#current.get() });
    clearInterval(this.#watch);
    void this.#worker.terminate();
  }

  /** Out of memory is the input's doing; everything else that ends the thread is a defect of the loop. */
  #die(error: Error & { code?: string }): void {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY' && this.#current.busy) {
      this.#findings.push({ kind: 'memory', where: '', what: `more than ${this.#maxHeapMb} MiB of heap`, input: this.#current.get() });
    } else {
      this.#settled.reject(error);
    }
  }

  /** A thread ends by itself, too soon, when what it waits for can never come. */
  #end(): void {
    clearInterval(this.#watch);
    const isExplained = this.#done || this.#findings.some(({ kind }) => kind === 'hang' || kind === 'memory');
    if (!isExplained) this.#findings.push({ kind: 'hang', where: '', what: 'its promise is never kept', input: this.#current.get() });
    this.#settled.resolve(this.#soFar);
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
