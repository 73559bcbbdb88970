/** The coverage-guided loop, in a thread of its own that may hang or run out of memory without taking the program along. */
import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '../../../src/sdk/virtual/virtual-time.ts';
import { judge } from '../judge.ts';
import type { Finding } from '../judge.ts';
import type { Target } from '../target.ts';
import { Corpus } from './corpus.ts';
import { Coverage } from './coverage.ts';
import type { Reached } from './coverage.ts';
import { CurrentInput } from './current-input.ts';
import { minimize } from './minimize.ts';

export interface Job {
  /** Module that exports `TARGETS`. */
  readonly targets: string;
  readonly target: string;
  /** Where the code lies that the inputs should reach: beginnings of URLs. */
  readonly covered: readonly string[];
  readonly seconds: number;
  readonly maxFindings: number;
  readonly randomSeed: number;
  readonly maxBytes: number;
  /** Inputs of earlier runs. */
  readonly corpus: readonly Uint8Array[];
  readonly memory: SharedArrayBuffer;
}

export interface Found extends Finding {
  readonly input: Uint8Array;
}

export type Report =
  | { readonly kind: 'found'; readonly found: Found }
  | { readonly kind: 'progress' | 'done'; readonly reached: Reached; readonly corpus: readonly Uint8Array[] };

const FIRST_BATCH = 32;
const MAX_BATCH = 4_096;
const PROGRESS_MS = 5_000;
/** Outcomes that differ only by what they quote are one; beyond this many, new ones are no longer kept. */
const MAX_OUTCOMES = 400;
const MAX_GROWTH_BYTES = 1024 * 1024 * 1024;

class Loop {
  readonly #target: Target;
  readonly #corpus: Corpus;
  readonly #coverage: Coverage;
  readonly #current: CurrentInput;
  readonly #outcomes = new Set<string>();
  readonly #findings = new Set<string>();
  readonly #restBytes = process.memoryUsage.rss();
  readonly #deadline: number;
  readonly #maxFindings: number;
  #batch = FIRST_BATCH;

  constructor(target: Target, job: Job) {
    this.#target = target;
    this.#current = new CurrentInput(job.memory);
    this.#corpus = new Corpus(target.seeds, {
      random: seededRandom(job.randomSeed),
      maxBytes: Math.min(target.maxBytes ?? Infinity, job.maxBytes),
    });
    this.#coverage = new Coverage((url) => job.covered.some((begin) => url.startsWith(begin)));
    this.#maxFindings = job.maxFindings;
    this.#deadline = performance.now() + job.seconds * 1_000;
  }

  async run(earlier: readonly Uint8Array[]): Promise<void> {
    for (const seed of this.#target.seeds) {
      await this.#try(seed);
      this.#coverage.look({ keep: true });
    }
    for (const input of earlier) await this.#findNew([input]);
    let told = performance.now();
    while (performance.now() < this.#deadline && this.#findings.size < this.#maxFindings) {
      await this.#tryBatch();
      if (performance.now() - told > PROGRESS_MS) {
        told = performance.now();
        this.#report('progress');
      }
    }
    this.#report('done');
    this.#coverage.close();
  }

  /** The coverage is asked for after a whole batch, because that takes as long as some hundred inputs. */
  async #tryBatch(): Promise<void> {
    const inputs = Array.from({ length: this.#batch }, () => this.#corpus.next());
    const startedMs = performance.now();
    for (const input of inputs) {
      if (await this.#try(input)) this.#corpus.keep(input);
      if (this.#findings.size >= this.#maxFindings) return;
    }
    const triedMs = performance.now();
    const isNew = this.#coverage.look({ keep: false });
    const lookedMs = performance.now() - triedMs;
    this.#batch = Math.min(MAX_BATCH, Math.max(1, Math.round((this.#batch * 4 * lookedMs) / (triedMs - startedMs))));
    if (isNew) await this.#findNew(inputs);
    const grown = process.memoryUsage.rss() - this.#restBytes;
    if (grown > MAX_GROWTH_BYTES)
      this.#tell({ kind: 'memory', where: '', what: `the process grew by ${grown >> 20} MiB`, input: this.#current.get() });
  }

  /** Keeps those of the inputs that, and no other before them, reached something. */
  async #findNew(inputs: readonly Uint8Array[]): Promise<void> {
    for (const input of inputs) await this.#try(input);
    const single = inputs.length === 1;
    if (!this.#coverage.look({ keep: single })) return;
    if (inputs[0] !== undefined && single) this.#corpus.keep(inputs[0]);
    else {
      await this.#findNew(inputs.slice(0, inputs.length >> 1));
      await this.#findNew(inputs.slice(inputs.length >> 1));
    }
  }

  /** Whether the outcome is one that no other input had. */
  async #try(input: Uint8Array): Promise<boolean> {
    this.#current.set(input);
    const { finding, outcome } = await judge(this.#target, input);
    this.#current.done();
    if (finding !== null) await this.#keepFinding(finding, input);
    if (this.#outcomes.has(outcome) || this.#outcomes.size >= MAX_OUTCOMES) return false;
    this.#outcomes.add(outcome);
    return true;
  }

  async #keepFinding(finding: Finding, input: Uint8Array): Promise<void> {
    if (this.#findings.has(nameOf(finding)) || this.#findings.size >= this.#maxFindings) return;
    this.#findings.add(nameOf(finding));
    const smallest = await minimize(input, async (smaller) => {
      this.#current.set(smaller);
      const again = (await judge(this.#target, smaller)).finding;
      this.#current.done();
      return again !== null && nameOf(again) === nameOf(finding);
    });
    this.#tell({ ...finding, input: smallest });
  }

  #tell(found: Found): void {
    send({ kind: 'found', found });
  }

  #report(kind: 'progress' | 'done'): void {
    send({ kind, reached: this.#coverage.reached, corpus: this.#corpus.found });
  }
}

function nameOf({ kind, where }: Finding): string {
  return `${kind} ${where}`;
}

function send(report: Report): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(report);
}

const job = workerData as Job;
const { TARGETS } = (await import(job.targets)) as { TARGETS: readonly Target[] };
const chosen = TARGETS.find(({ name }) => name === job.target);
if (chosen === undefined) throw new Error(`there is no target '${job.target}'`);
await new Loop(chosen, job).run(job.corpus);
