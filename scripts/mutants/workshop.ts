/** A copy of the tree and the process that runs tests in it. One mutant lives in it at a time. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { mutate } from '../../test/mutants/mutation.ts';
import { testFileOf } from '../../test/mutants/test-file.ts';
import type { Mutant } from '../../test/mutants/mutant.ts';
import { copyTree } from './copy.ts';
import type { Copy } from './copy.ts';
import type { RunRequest, TestRun } from './test-run.ts';

/** Longer than any of the tests takes, on a machine that has other work too. */
export const TEST_TIMEOUT_MS = 60_000;
/** For tests that wait for ever where the mutant lives. */
const HANGS_MS = 15_000;
/** Longer than any run of a few named tests: then the process itself is stuck. */
const RUN_MS = 600_000;

export class Workshop {
  readonly #copy: Copy;
  readonly #workers: number;
  #worker: ChildProcess;

  private constructor(copy: Copy, workers: number) {
    this.#copy = copy;
    this.#workers = workers;
    this.#worker = startWorker(copy, workers);
  }

  /** `workers`: test files that run at a time. */
  static async open(workers: number): Promise<Workshop> {
    return new Workshop(await copyTree(), workers);
  }

  /** Runs the mutant's own test while it lives. */
  async tryMutant(mutant: Mutant): Promise<TestRun> {
    const { edits, test } = mutant;
    const undo: (() => Promise<void>)[] = [];
    try {
      for (const edit of edits) undo.unshift(await mutate(this.#copy.directory, edit));
      const testTimeoutMs = test.hangs ? HANGS_MS : TEST_TIMEOUT_MS;
      return await this.run({ files: [testFileOf(mutant)], names: [test.name], testTimeoutMs });
    } finally {
      for (const takeBack of undo) await takeBack();
    }
  }

  /** A process that ends under the tests tells nothing of them; the next run has a new one. */
  async run(request: RunRequest): Promise<TestRun> {
    if (hasEnded(this.#worker)) this.#worker = startWorker(this.#copy, this.#workers);
    const ended = new AbortController();
    const late = setTimeout(() => this.#worker.kill('SIGKILL'), RUN_MS);
    try {
      this.#worker.send(request);
      const gone = once(this.#worker, 'exit', { signal: ended.signal }).then((): [TestRun] => [
        { tests: [], broken: ['the process that runs the tests ended'] },
      ]);
      gone.catch(() => undefined);
      const answered = once(this.#worker, 'message', { signal: ended.signal }) as Promise<[TestRun]>;
      answered.catch(() => undefined);
      const [answer] = await Promise.race([answered, gone]);
      return answer;
    } finally {
      clearTimeout(late);
      ended.abort();
    }
  }

  async close(): Promise<void> {
    const gone = once(this.#worker, 'exit');
    if (this.#worker.connected) this.#worker.disconnect();
    if (!hasEnded(this.#worker)) await gone;
    await this.#copy.remove();
  }
}

function startWorker({ directory }: Copy, workers: number): ChildProcess {
  return fork(join(directory, 'scripts', 'mutants', 'worker.ts'), {
    cwd: directory,
    env: { ...process.env, MUTANT_WORKERS: String(workers) },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
