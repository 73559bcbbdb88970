/** One host process: its pipes, its limits and its end. Knows nothing of what the frames mean. */
import type { ChildProcess } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { GossipError } from '../../../model/errors.ts';
import type { Failure } from '../../../model/errors.ts';
import type { LineLevel } from '../../../sdk/log-level.ts';
import { TokenBucket } from '../../../model/token-bucket.ts';
import { foreignBuild } from '../sandbox/build.ts';
import { exitReason, isStumble } from './exit-reason.ts';
import { encodeFrame, FrameReader } from '../../../host/frames.ts';
import type { Frame, FrameBody } from '../../../host/frames.ts';
import { endByForce } from '../sandbox/inner-process.ts';
import { beNicer, launch } from '../sandbox/launch.ts';
import type { LaunchCommand } from '../sandbox/launch.ts';
import { LogCapture } from './log-capture.ts';
import type { LogLimits } from './log-capture.ts';
import { LAST_BYTES_MS, maxBodyFromHost, parseFromHost } from '../../../host/messages.ts';
import type { FromHost, Greeting, ToHost } from '../../../host/messages.ts';
import { hostPidOf, Vitals } from './vitals.ts';
import { Ticker, Watch } from './watch.ts';
import type { WatchLimits } from './watch.ts';

export interface HostProcessOptions {
  readonly command: LaunchCommand;
  readonly log: LogLimits;
  readonly watch: WatchLimits;
}

/** Whom the process works for. */
export interface HostOwner {
  /** How long the answer to a call may be. */
  readonly maxAnswerBytes: (call: number) => number;
  readonly onFrame: (frame: Frame<FromHost>) => void;
  readonly onLog: (line: string, level: LineLevel) => void;
  /** Called once, when the process is gone and all that it said was read. */
  readonly onEnd: (reason: Failure) => void;
}

/** What a host may send: frames that it floods beyond wait in its own memory, for the core stops reading (attack D3). */
const FRAMES_PER_SECOND = 5_000;
const FRAME_BYTES_PER_SECOND = 64 * 1024 * 1024;
/** What of its output is read, to be dropped or not (attack D9); beyond it the output waits in the host's own memory. */
const LOG_READ_BYTES_PER_SECOND = 16 * 1024 * 1024;
/** Most that waits to be read by a host; beyond it what may be lost is refused. */
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

const ticker = new Ticker();

export class HostProcess {
  readonly log: LogCapture;
  /** It is up: no code of a module runs in it yet. Rejects when it ends before. */
  readonly booted: Promise<void>;
  /** The process is gone. */
  readonly gone: Promise<void>;
  readonly #options: HostProcessOptions;
  readonly #up = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<void>();
  #owner: HostOwner | null = null;
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  readonly #reader: FrameReader<FromHost>;
  readonly #watch: Watch;
  readonly #frames = quarterSecondOf(FRAMES_PER_SECOND);
  readonly #frameBytes = quarterSecondOf(FRAME_BYTES_PER_SECOND);
  readonly #logBytes = quarterSecondOf(LOG_READ_BYTES_PER_SECOND);
  /** The time of its ticks. */
  #nowMs = 0;
  /** The host's process as this system numbers it: below `unshare` it is not the one that was started. */
  #pid: number | undefined;
  readonly #vitals = new Vitals();
  #booted = false;
  #crash: string | undefined;
  #verdict: Failure | undefined;
  #stumbled = false;
  #ended = false;

  constructor(options: HostProcessOptions) {
    this.#options = options;
    this.booted = this.#up.promise;
    this.gone = this.#end.promise;
    // Nobody needs to wait for it.
    this.booted.catch(() => undefined);
    this.log = new LogCapture(
      options.log,
      (line, level) => this.#owner?.onLog(line, level),
      (line) => isStumble(line) && (this.#stumbled = true),
    );
    this.#watch = new Watch(options.watch);
    this.#reader = new FrameReader({
      parseHeader: parseFromHost,
      maxBodyBytes: (header) => maxBodyFromHost(header, (call) => this.#owner?.maxAnswerBytes(call) ?? 0),
    });
    this.#child = launch(options.command);
    this.#pipe = this.#child.stdio[3] as Duplex;
    this.#child.on('error', (error) => this.#couldNotStart(error));
    this.#child.on('exit', () => this.#drain());
    this.#child.on('close', () => this.#close());
    this.#listen();
    ticker.add(this);
  }

  /** From now on it works for `owner`; once, and before it ends. */
  adopt(owner: HostOwner): void {
    this.#owner = owner;
    ticker.add(this);
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  /** The second pipe, of a host that was started for debuggers. */
  get debuggerPipe(): Duplex | null {
    return this.#options.command.inspected === true ? (this.#child.stdio[4] as Duplex) : null;
  }

  get residentBytes(): number | undefined {
    return this.#vitals.residentBytes;
  }

  /** Share of one core at the last sample. */
  get processor(): number | undefined {
    return this.#vitals.processor;
  }

  /** How long it has answered no heartbeat. */
  get silentMs(): number {
    return this.#watch.silentMs;
  }

  /** How long it has been ready to run and had no processor, since it was first looked at. */
  get waitedMs(): number {
    return this.#vitals.waitedMs(this.#pid ?? this.#bootingPid);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether it may be adopted: its process is there, and ready. */
  get waits(): boolean {
    return this.#booted && this.#owner === null && this.#verdict === undefined && !this.#gone && !this.#ended;
  }

  /** Whether the host reads slower than the core writes. */
  get congested(): boolean {
    return this.#pipe.writableLength > MAX_QUEUED_BYTES;
  }

  /** It answered what it was asked. Where only its answers to heartbeats tell its memory, they go on. */
  answered(): void {
    if (this.#vitals.isCounted) this.#watch.answered();
  }

  /** What is asked of it now may take as long as a hang: its time begins anew. */
  excuse(): void {
    this.#watch.excuse();
  }

  send(header: ToHost, body?: FrameBody): void {
    if (this.#ended || !this.#pipe.writable) return;
    for (const part of encodeFrame(header, body)) this.#pipe.write(part);
  }

  /** Ends the process and everything in its group; the first reason given is the one that is told. */
  kill(verdict: Failure): void {
    this.#verdict ??= verdict;
    if (this.#ended || this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#pipe.destroy();
    endByForce(this.#child.pid, this.#options.command.forks);
  }

  tick(elapsedMs: number): boolean {
    this.#nowMs += elapsedMs;
    this.log.tick(elapsedMs);
    for (const stream of [this.#pipe, this.#child.stdout, this.#child.stderr]) stream?.resume();
    if (this.#pid !== undefined) this.#vitals.sample(this.#pid, performance.now());
    const verdict = this.#watch.tick(
      elapsedMs,
      this.residentBytes,
      this.#vitals.waitedSinceTick(this.#pid ?? this.#bootingPid, !this.#booted),
    );
    if (verdict !== null) {
      if ('ping' in verdict) this.send({ type: 'ping', ping: verdict.ping });
      else this.kill(verdict.failure);
    }
    return this.#vitals.isCounted && this.#watch.isCalm(this.residentBytes, this.processor);
  }

  #listen(): void {
    this.#pipe.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#pipe.on('error', () => this.#pipeClosed());
    this.#pipe.on('end', () => this.#pipeClosed());
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = this.#child[name] as Readable;
      stream.on('error', () => stream.destroy());
      stream.on('data', (chunk: Buffer) => {
        ticker.hurry();
        this.log.push(name, chunk);
        this.#logBytes.spend(this.#nowMs, chunk.length);
        if (this.#isSpent(this.#logBytes) && !this.#gone) stream.pause();
      });
    }
  }

  #read(chunk: Buffer): void {
    if (this.#verdict !== undefined) return;
    try {
      const frames = this.#reader.push(chunk);
      this.#frames.spend(this.#nowMs, frames.length);
      this.#frameBytes.spend(this.#nowMs, chunk.length);
      for (const frame of frames) this.#take(frame);
    } catch (error) {
      this.kill(this.#unreadable(error));
    }
    if ((this.#isSpent(this.#frames) || this.#isSpent(this.#frameBytes)) && !this.#gone) {
      this.#pipe.pause();
      ticker.hurry();
    }
  }

  /** Before its greeting no code of a module runs in it: what it says then is the program's. */
  #unreadable(error: unknown): Failure {
    const message = error instanceof Error ? error.message : String(error);
    if (this.#booted) return { code: 'GOSSIP_E_MODULE_PROTOCOL', message };
    return { code: 'GOSSIP_E_PROGRAM', message: `the module host greets in a way that this node does not know: ${message}` };
  }

  /** What concerns the process itself is dealt with here; the rest is the caller's. */
  #take(frame: Frame<FromHost>): void {
    const { header } = frame;
    if (header.type === 'pong') {
      this.#watch.pong(header.ping);
      this.#vitals.claim(header.residentBytes);
    } else if (header.type === 'crash') this.#crash ??= header.message;
    else if (header.type === 'ready') this.#boot(header);
    else if (this.#verdict === undefined) this.#owner?.onFrame(frame);
  }

  #boot(greeting: Greeting): void {
    if (this.#booted) throw new GossipError('GOSSIP_E_MODULE_PROTOCOL', 'a second greeting');
    const foreign = foreignBuild(greeting);
    if (foreign !== undefined) return this.kill({ code: 'GOSSIP_E_PROGRAM', message: foreign });
    this.#booted = true;
    this.#watch.booted();
    const pid = this.#bootingPid as number;
    this.#pid = pid;
    // It may have been begun before its parent was made nicer.
    beNicer(pid);
    // Without an owner there is nothing that it could do wrong, and each look at it would wake it.
    if (this.#owner === null) ticker.remove(this);
    this.#up.resolve();
  }

  get #bootingPid(): number | undefined {
    return hostPidOf(this.#child.pid, this.#options.command.forks);
  }

  #isSpent(bucket: TokenBucket): boolean {
    return bucket.left(this.#nowMs) <= 0;
  }

  get #gone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What it said last still lies in the pipes. */
  #drain(): void {
    for (const stream of [this.#pipe, this.#child.stdout, this.#child.stderr]) stream?.resume();
    setTimeout(() => this.#close(), LAST_BYTES_MS).unref();
  }

  /** A host that closed its pipe is of no use; most are just ending. */
  #pipeClosed(): void {
    setTimeout(() => this.kill({ code: 'GOSSIP_E_MODULE_PROTOCOL', message: 'closed its pipe to the core' }), LAST_BYTES_MS).unref();
  }

  #couldNotStart(error: Error): void {
    if (this.#child.pid !== undefined) return;
    this.#verdict ??= { code: 'GOSSIP_E_BUSY', message: `no host process can be started: ${error.message}` };
    this.#close();
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    ticker.remove(this);
    for (const stream of [this.#pipe, this.#child.stdout, this.#child.stderr, this.debuggerPipe]) stream?.destroy();
    this.log.end();
    const { exitCode, signalCode: signal } = this.#child;
    const [verdict, crash, booted, stumbled] = [this.#verdict, this.#crash, this.#booted, this.#stumbled];
    const reason = exitReason({ verdict, crash, exitCode, signal, tail: this.log.tail, booted, stumbled });
    this.#up.reject(new GossipError(reason.code, reason.message));
    this.#owner?.onEnd(reason);
    this.#end.resolve();
  }
}

/** What may come in a second, and a quarter of it at once. */
const quarterSecondOf = (perSecond: number): TokenBucket => new TokenBucket(perSecond / 4, 1_000 / perSecond);
