/** A program that runs and prints lines: when each came is remembered, and it is ended for certain. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Line {
  readonly atMs: number;
  readonly text: string;
}

export class Program {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    // What could not be started prints nothing, and whoever waits for a line says so.
    this.#child.once('error', () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (text) => this.lines.push({ atMs: Date.now(), text }));
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The first line with this text, no older than `sinceMs`. */
  line(text: string, sinceMs = 0): Line | undefined {
    return this.lines.find((line) => line.atMs >= sinceMs && line.text.includes(text));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGCONT');
    this.#child.kill(signal);
    await closed;
  }
}
