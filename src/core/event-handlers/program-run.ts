/**
 * One run of a program for an event: started without a shell and without arguments, so that nothing of an event is ever part of a command line. It has a process
 * group of its own; when it ends, or must, what it left in that group ends with it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { TokenBucket } from '../../model/token-bucket.ts';
import { LogCapture } from '../hosting/process/log-capture.ts';
import type { LogLimits, LogStream } from '../hosting/process/log-capture.ts';
import { requireDescriptors } from '../hosting/sandbox/descriptors.ts';
import { beNicer } from '../hosting/sandbox/launch.ts';

export interface ProgramOptions {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What it reads from its standard input, to the end. */
  readonly input: string;
  readonly deadlineMs: number;
  readonly endingMs: number;
  readonly log: LogLimits;
  readonly onLine: (line: string, stream: LogStream) => void;
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it ran into its deadline. */
  readonly late: boolean;
  /** Why it could not be started. */
  readonly error: Error | null;
  readonly tookMs: number;
}

const TICK_MS = 100;
/** What of its output is read at all; beyond that the program waits. */
const READ_BYTES_PER_SECOND = 1024 * 1024;
/** Three pipes of two ends each, and some to spare. */
const DESCRIPTORS_PER_START = 10;
/** After its end its pipes hold what it said last; whoever left the group may keep them open for ever. */
const LAST_BYTES_MS = 1_000;

export class ProgramRun {
  /** Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  readonly #options: ProgramOptions;
  readonly #log: LogCapture;
  readonly #bytes = new TokenBucket(READ_BYTES_PER_SECOND / 4, 1_000 / READ_BYTES_PER_SECOND);
  readonly #end = Promise.withResolvers<ProgramEnd>();
  readonly #beganAt = performance.now();
  readonly #timers: NodeJS.Timeout[] = [];
  #child: ChildProcess | null = null;
  #isGone = false;
  #late = false;

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.ended = this.#end.promise;
    this.#log = new LogCapture(options.log, (line, _, stream) => options.onLine(line, stream));
    try {
      this.#start();
    } catch (error) {
      this.#finish(error as Error);
    }
  }

  /** Asks it to end, and ends it by force where it has not after `endingMs`. */
  stop(endingMs = this.#options.endingMs): void {
    if (this.#isGone) return;
    this.#signal('SIGTERM');
    // One that stands still ends, too.
    this.#signal('SIGCONT');
    this.#timers.push(setTimeout(() => this.#signal('SIGKILL'), endingMs));
  }

  #start(): void {
    const { program, environment, input, deadlineMs } = this.#options;
    // Where a start runs out of descriptors half-way, Node loses some of them for ever.
    requireDescriptors(DESCRIPTORS_PER_START);
    const child = spawn(program, [], { cwd: '/', env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    child.on('error', (error) => this.#finish(error));
    child.on('exit', () => this.#gone());
    child.on('close', () => this.#finish(null));
    if (child.pid === undefined) return;
    beNicer(child.pid);
    this.#timers.push(setTimeout(() => this.#tooLate(), deadlineMs));
    this.#timers.push(setInterval(() => this.#tick(), TICK_MS));
    // It need not read what it is told.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('error', () => undefined);
      child[name].on('data', (chunk: Buffer) => this.#said(name, chunk));
    }
  }

  #said(name: LogStream, chunk: Buffer): void {
    this.#log.push(name, chunk);
    const now = performance.now();
    this.#bytes.spend(now, chunk.length);
    if (this.#bytes.left(now) <= 0 && !this.#isGone) this.#child?.[name]?.pause();
  }

  #tick(): void {
    this.#log.tick(TICK_MS);
    if (this.#bytes.left(performance.now()) <= 0) return;
    this.#child?.stdout?.resume();
    this.#child?.stderr?.resume();
  }

  #tooLate(): void {
    this.#late = true;
    this.stop();
  }

  /** The program itself has ended. */
  #gone(): void {
    this.#signal('SIGKILL');
    this.#isGone = true;
    const { stdin, stdout, stderr } = this.#child as ChildProcess;
    stdin?.destroy();
    stdout?.resume();
    stderr?.resume();
    this.#timers.push(
      setTimeout(() => {
        stdout?.destroy();
        stderr?.destroy();
      }, LAST_BYTES_MS),
    );
  }

  /** To its whole group. */
  #signal(name: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined || this.#isGone) return;
    try {
      process.kill(-pid, name);
    } catch {
      // Nobody is left in it.
    }
  }

  #finish(error: Error | null): void {
    this.#isGone = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#log.end();
    const { exitCode = null, signalCode = null } = this.#child ?? {};
    const tookMs = Math.round(performance.now() - this.#beganAt);
    this.#end.resolve({ exitCode: error === null ? exitCode : null, signal: signalCode, late: this.#late, error, tookMs });
  }
}
