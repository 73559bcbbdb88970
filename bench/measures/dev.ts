/** From an author's save to its code running on three nodes: what `gossip module dev` takes, in the project that `gossip module init` makes. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../scripts/project.mjs';
import { environment } from '../../scripts/strangers.ts';
import { install } from '../../test/support/project.ts';
import type { Setting } from '../harness/bench.ts';
import { kill } from '../harness/lab.ts';
import { processesBelow } from '../harness/processes.ts';
import * as product from '../harness/product.ts';
import { NotInTime, until } from '../harness/wait.ts';

const SAVES = { quick: 5, full: 40 } as const;
const NODES = 3;
const FIRST_MS = 60_000;
const SAVE_MS = 30_000;
const END_MS = 20_000;
const EDITED = 'nodes: counts.length,';

interface Told {
  readonly event: string;
  readonly ok?: boolean;
  readonly elapsedMs?: number;
  /** When it was read here, on the clock of `performance.now()`. */
  readonly readAt: number;
}

export async function dev(setting: Setting): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'gossip-bench-dev-'));
  const author = await Author.begin(home);
  const [whole, builds, rollouts]: [number[], number[], number[]] = [[], [], []];
  try {
    await author.running(FIRST_MS, setting.signal);
    for (let index = 1; index <= SAVES[setting.quick ? 'quick' : 'full']; index += 1) {
      const save = await setting.undisturbed(`save ${index}`, () => author.save(setting.signal));
      whole.push(save.wholeMs);
      builds.push(save.buildMs);
      rollouts.push(save.rolloutMs);
    }
  } finally {
    setting.found({
      figures: [
        {
          name: `from a save to running on ${NODES} nodes`,
          unit: 'ms',
          values: whole,
          baseline: { name: 'the build alone', values: builds },
          headline: true,
        },
        { name: `of it from the deployment to running on ${NODES} nodes`, unit: 'ms', values: rollouts },
      ],
      remarks: [
        `gossip module dev with ${NODES} nodes and its own interval (200 ms), in a new TypeScript project; 'npm run build' is that of the project. A save is over once no other came for 100 ms.`,
      ],
    });
    await author.end();
  }
}

/** Somebody who edits, and the command beside. */
class Author {
  readonly #home: string;
  readonly #source: string;
  readonly #original: string;
  readonly #command: ChildProcess;
  readonly #told: Told[] = [];
  #errors = '';
  #edits = 0;

  private constructor(home: string, source: string, original: string) {
    this.#home = home;
    this.#source = source;
    this.#original = original;
    const flags = ['module', 'dev', join(home, 'counter'), '--nodes', String(NODES), '--json'];
    this.#command = spawn(join(ROOT, 'bin', 'gossip'), flags, { cwd: home, env: environment(home), stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface({ input: this.#command.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.#told.push({ ...(JSON.parse(line) as Omit<Told, 'readAt'>), readAt: performance.now() });
    });
    this.#command.stderr?.on('data', (text) => (this.#errors += String(text)));
  }

  static async begin(home: string): Promise<Author> {
    const directory = join(home, 'counter');
    await product.scaffoldModule({ name: 'counter', directory, sdkPath: ROOT });
    await install(directory);
    const source = join(directory, 'src', 'index.ts');
    return new Author(home, source, await readFile(source, 'utf8'));
  }

  running(deadlineMs: number, signal: AbortSignal, from = 0): Promise<Told> {
    return until(
      'the module runs',
      async () => {
        const fresh = this.#told.slice(from);
        const bad = fresh.find(({ event, ok }) => event === 'refused' || event === 'stuck' || ok === false);
        if (bad !== undefined) throw new NotInTime(`the module does not run: ${JSON.stringify(bad)}`);
        const done = fresh.find(({ event }) => event === 'running');
        return done === undefined ? { soFar: `${fresh.length} events${this.#errors}` } : { done };
      },
      { deadlineMs, signal, everyMs: 10 },
    );
  }

  async save(signal: AbortSignal): Promise<{ wholeMs: number; buildMs: number; rolloutMs: number }> {
    const from = this.#told.length;
    this.#edits += 1;
    const savedAt = performance.now();
    await writeFile(this.#source, this.#original.replace(EDITED, `${EDITED} edits: ${this.#edits},`));
    const { readAt, elapsedMs: rolloutMs = 0 } = await this.running(SAVE_MS, signal, from);
    const buildMs = this.#told.slice(from).find(({ event }) => event === 'built')?.elapsedMs ?? 0;
    return { wholeMs: readAt - savedAt, buildMs, rolloutMs };
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#command.once('close', resolve));
    const late = setTimeout(() => this.#command.kill('SIGKILL'), END_MS);
    if (this.#command.exitCode === null && this.#command.signalCode === null) {
      this.#command.kill('SIGINT');
      await ended;
    }
    clearTimeout(late);
    for (const pid of processesBelow(this.#home)) kill(pid);
    await rm(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }
}
