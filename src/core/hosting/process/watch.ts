/** Finds a host that hangs (attack D7) or grows (attack D8). One ticker for all hosts. */
import { HUNG_MS } from '../../../sdk/limits.ts';
import type { Failure } from '../../../model/errors.ts';
import { MOST_PATIENCE } from './run-queue.ts';

export const TICK_MS = 250;
/** Between two looks at hosts that are all calm: most are, and each look wakes the core. */
export const CALM_MS = 1_000;

/** Share of a core up to which a host idles. */
const CALM_SHARE = 0.05;

export interface WatchLimits {
  readonly pingEveryMs: number;
  /** Silence after which a host is hung; while it waits for a processor it is given more, up to `MOST_PATIENCE` times as much. */
  readonly hungAfterMs: number;
  /** How long the process itself may take to come up, counted in the same way; no code of the module runs meanwhile, so a slow machine is forgiven. */
  readonly bootWithinMs: number;
  readonly maxResidentBytes: number;
  /** Whether a debugger is in it now: it may stand at a breakpoint, and its silence is nobody's fault. Default: never. */
  readonly isInspected?: () => boolean;
}

export const WATCH_DEFAULTS = { pingEveryMs: 1_000, hungAfterMs: HUNG_MS, bootWithinMs: 30_000 } as const;

export interface Watched {
  /** Whether it is calm: then the next look may come later. */
  tick(elapsedMs: number): boolean;
}

export type Verdict = { readonly ping: number } | { readonly failure: Failure } | null;

/** Judges one host. Keeps no time of its own. */
export class Watch {
  readonly #limits: WatchLimits;
  #booted = false;
  #silentMs = 0;
  /** Silence that is not held against it, for it waited for a processor: to end it for that would throw its work away, and add to what is too much. */
  #excusedMs = 0;
  /** It was heard of since the last tick: of the time until the next one, at most the shortest pause was silence for sure. */
  #heard = false;
  /** Likewise, of its answers to what it was asked besides. */
  #answeredElse = false;
  #sincePingMs = 0;
  #ping = 0;
  #answered = 0;

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  /** The process came up; from now on it must answer. */
  booted(): void {
    this.#booted = true;
    this.#hear();
  }

  /** How long it has been silent. */
  get silentMs(): number {
    return this.#silentMs + this.#excusedMs;
  }

  /** Something is asked that may hold up the process for its whole time: the silence before does not count against it. */
  excuse(): void {
    this.#hear();
  }

  /** A late answer is an answer; one that was not asked for is none. */
  pong(ping: number): void {
    if (ping > this.#answered && ping <= this.#ping) {
      this.#answered = ping;
      this.#hear();
    }
  }

  /** It answered something else that it was asked: it reads and works, and need not be asked for that alone. */
  answered(): void {
    this.#hear();
    this.#answeredElse = true;
  }

  #hear(): void {
    this.#silentMs = 0;
    this.#excusedMs = 0;
    this.#heard = true;
  }

  /** Whether it idles, far from its limits: what it may do until a later look does no harm. */
  isCalm(residentBytes = Infinity, processor = 1): boolean {
    return this.#booted && residentBytes < this.#limits.maxResidentBytes / 2 && processor <= CALM_SHARE;
  }

  /** `waitedMs`: how much of the time that elapsed it waited for a processor. */
  tick(elapsedMs: number, residentBytes: number | undefined, waitedMs = 0): Verdict {
    const { maxResidentBytes, hungAfterMs, bootWithinMs, pingEveryMs } = this.#limits;
    const isInspected = this.#limits.isInspected?.() === true;
    if (isInspected) this.#hear();
    const silentMs = isInspected ? 0 : this.#heard ? Math.min(elapsedMs, TICK_MS) : elapsedMs;
    this.#heard = false;
    const patienceMs = (MOST_PATIENCE - 1) * (this.#booted ? hungAfterMs : bootWithinMs) - this.#excusedMs;
    const excusedMs = Math.min(silentMs, waitedMs, patienceMs);
    this.#excusedMs += excusedMs;
    this.#silentMs += silentMs - excusedMs;
    if (residentBytes !== undefined && residentBytes > maxResidentBytes) {
      return failure('GOSSIP_E_MODULE_MEMORY', `used ${inMb(residentBytes)} MB of memory, ${inMb(maxResidentBytes)} MB are allowed`);
    }
    if (!this.#booted) {
      return this.#silentMs > bootWithinMs
        ? failure('GOSSIP_E_MODULE_LOAD', `the host process did not come up within ${bootWithinMs} ms`)
        : null;
    }
    if (this.#silentMs > hungAfterMs) return failure('GOSSIP_E_MODULE_HUNG', `did not answer for ${hungAfterMs} ms`);
    this.#sincePingMs = this.#answeredElse ? Math.min(elapsedMs, TICK_MS) : this.#sincePingMs + elapsedMs;
    this.#answeredElse = false;
    if (this.#sincePingMs < pingEveryMs) return null;
    this.#sincePingMs = 0;
    return { ping: ++this.#ping };
  }
}

/** Calls everyone it knows once a tick, and keeps no process alive. */
export class Ticker {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;
  #last = 0;
  /** From the last tick to the next, as it is meant. */
  #dueMs = 0;
  #soon = false;

  add(watched: Watched): void {
    this.#watched.add(watched);
    if (this.#timer === undefined) this.#last = performance.now();
    this.hurry();
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size === 0) this.#stop();
  }

  /** Something waits for the next tick. */
  hurry(): void {
    if (this.#watched.size > 0 && !this.#soon) this.#arm(TICK_MS);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#soon = false;
  }

  #arm(pauseMs: number): void {
    this.#stop();
    this.#soon = pauseMs === TICK_MS;
    this.#dueMs = performance.now() - this.#last + pauseMs;
    this.#timer = setTimeout(() => this.#tick(), pauseMs).unref();
  }

  /** A core that itself was stopped or late must not take that for the silence of its hosts. */
  #tick(): void {
    const now = performance.now();
    const elapsedMs = Math.min(now - this.#last, 2 * this.#dueMs);
    this.#last = now;
    let calm = true;
    for (const watched of this.#watched) calm = watched.tick(elapsedMs) && calm;
    if (this.#watched.size > 0) this.#arm(calm ? CALM_MS : TICK_MS);
    else this.#stop();
  }
}

function failure(code: Failure['code'], message: string): Verdict {
  return { failure: { code, message } };
}

function inMb(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
