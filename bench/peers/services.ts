/** A fleet without gossip: a small service for each node, updated by copying its files and starting it again, and by a process manager. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { each } from '../harness/lab.ts';
import { until } from '../harness/wait.ts';
import { Program } from './program.ts';
import type { Tool } from './tools.ts';

const DEADLINE_MS = 120_000;
const LOOK_MS = 5;
/** As many at a time as keep the processors busy. */
const LANES = 2 * availableParallelism();
const run = promisify(execFile);

const service = (version: number): string => `process.stdout.write('up ${version}\\n'); setInterval(() => {}, 1e6);\n`;

/** Copies with rsync, then starts the service again, on so many nodes. */
export class Copied {
  readonly #rsync: Tool;
  readonly #directory: string;
  readonly #signal: AbortSignal;
  readonly #running: (Program | null)[];
  #version = 0;

  constructor(rsync: Tool, { directory, nodes, signal }: { directory: string; nodes: number; signal: AbortSignal }) {
    this.#rsync = rsync;
    this.#directory = directory;
    this.#signal = signal;
    this.#running = Array.from({ length: nodes }, () => null);
  }

  /** From the copying to the last service that says that it is up. */
  async deploy(): Promise<number> {
    const source = join(this.#directory, 'source');
    await mkdir(source, { recursive: true });
    await writeFile(join(source, 'service.mjs'), service((this.#version += 1)));
    const beganAt = performance.now();
    await each([...this.#running.keys()], LANES, (node) => this.#update(source, node));
    return performance.now() - beganAt;
  }

  async #update(source: string, node: number): Promise<void> {
    const directory = join(this.#directory, `node${node}`);
    await run(this.#rsync.program, ['-a', '--mkpath', `${source}/`, directory], { env: this.#rsync.env, signal: this.#signal });
    await this.#running[node]?.end('SIGTERM');
    const program = new Program(process.execPath, [join(directory, 'service.mjs')]);
    this.#running[node] = program;
    await up(program, this.#version, this.#signal);
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.flatMap((program) => (program === null ? [] : [program.end()])));
  }
}

function up(program: Program, version: number, signal: AbortSignal): Promise<unknown> {
  return until(
    `version ${version} is up`,
    async () => (program.line(`up ${version}`) === undefined ? { soFar: 'it is not' } : { done: true }),
    { deadlineMs: DEADLINE_MS, signal, everyMs: LOOK_MS },
  );
}

/** PM2 with so many services. Its daemon is ended by its own command. */
export class Managed {
  readonly #pm2: Tool;
  readonly #directory: string;
  readonly #signal: AbortSignal;

  constructor(pm2: Tool, directory: string, signal: AbortSignal) {
    this.#pm2 = { ...pm2, env: { ...pm2.env, PM2_HOME: join(directory, 'pm2') } };
    this.#directory = directory;
    this.#signal = signal;
  }

  async start(nodes: number): Promise<void> {
    const script = join(this.#directory, 'managed.js');
    await writeFile(script, 'setInterval(() => {}, 1e6);\n');
    const apps = Array.from({ length: nodes }, (_, index) => ({ name: `node${index}`, script, exec_mode: 'fork' }));
    const file = join(this.#directory, 'ecosystem.config.json');
    await writeFile(file, JSON.stringify({ apps }));
    await this.#command('start', file);
  }

  /** From the command to its end: all services were started again. */
  async reload(): Promise<number> {
    const beganAt = performance.now();
    await this.#command('reload', 'all');
    return performance.now() - beganAt;
  }

  async end(): Promise<void> {
    await run(this.#pm2.program, ['kill'], { env: this.#pm2.env, timeout: DEADLINE_MS });
  }

  async #command(...args: readonly string[]): Promise<void> {
    await run(this.#pm2.program, args, { env: this.#pm2.env, signal: this.#signal, timeout: DEADLINE_MS, maxBuffer: 64 * 1024 * 1024 });
  }
}
