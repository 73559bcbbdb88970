/** Two processes that talk plain HTTPS with keys like those of nodes: the baseline of everything that passes through cores. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { kill } from '../harness/lab.ts';
import type { Sample } from './turns.ts';

const PROGRAM = fileURLToPath(new URL('./plain-https.ts', import.meta.url));

export class PlainPair {
  readonly port: number;
  readonly #server: ChildProcess;
  readonly #client: ChildProcess;
  readonly #said: Promise<string>;

  private constructor(server: ChildProcess, client: ChildProcess, port: number) {
    this.port = port;
    this.#server = server;
    this.#client = client;
    this.#said = text(client.stdout as NodeJS.ReadableStream);
  }

  /** The client talks in its turns from now on. */
  static async start(turnMs: number, signal: AbortSignal): Promise<PlainPair> {
    const server = begin(['server']);
    try {
      const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data', { signal })) as [Buffer];
      const port = Number(String(line));
      return new PlainPair(server, begin(['client', String(port), String(turnMs)]), port);
    } catch (error) {
      server.kill('SIGKILL');
      throw error;
    }
  }

  get pids(): number[] {
    return [this.#server, this.#client].flatMap(({ pid }) => pid ?? []);
  }

  /** Ends both, and gives what the client measured. */
  async end(): Promise<readonly Sample[]> {
    this.#client.stdin?.end();
    return JSON.parse(await this.#said) as Sample[];
  }

  async kill(): Promise<void> {
    const living = [this.#server, this.#client].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = living.map((child) => once(child, 'close'));
    for (const { pid } of living) if (pid !== undefined) kill(pid);
    await Promise.all(ended);
  }
}

function begin(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}
