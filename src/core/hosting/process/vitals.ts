/** What the system counts of one host process, or, where it counts nothing, what the host says of itself. */
import { innerOf } from '../sandbox/inner-process.ts';
import { ProcessorUse } from './processor.ts';
import { residentBytesOf } from './resident.ts';
import { RunQueueWait, runQueueWaitMsOfThreads } from './run-queue.ts';

export class Vitals {
  readonly #processor = new ProcessorUse();
  readonly #runQueue = new RunQueueWait();
  readonly #bootQueue = new RunQueueWait(runQueueWaitMsOfThreads);
  #atTick = { waitedMs: 0, bootMs: 0 };
  #residentBytes: number | undefined;
  #claimedBytes: number | undefined;
  #isCounted = false;

  /** At the last sample. */
  get residentBytes(): number | undefined {
    return this.#residentBytes;
  }

  /** Share of one core at the last sample. */
  get processor(): number | undefined {
    return this.#processor.share;
  }

  /** Whether the system tells its memory. */
  get isCounted(): boolean {
    return this.#isCounted;
  }

  /** The host's own word for its memory. */
  claim(residentBytes: number): void {
    this.#claimedBytes = residentBytes;
  }

  /** Once it is up. `now`: a clock that only rises, in milliseconds. */
  sample(pid: number, now: number): void {
    const counted = residentBytesOf(pid);
    this.#isCounted = counted !== undefined;
    this.#residentBytes = counted ?? this.#claimedBytes;
    this.#processor.sample(pid, now);
  }

  /** How long it has been ready to run and had no processor, since it was first asked for. */
  waitedMs(pid: number | undefined): number {
    return this.#runQueue.totalMs(pid);
  }

  /** How much of the time since it was asked last; of all its threads together for as long as it comes up. */
  waitedSinceTick(pid: number | undefined, comesUp: boolean): number {
    const before = this.#atTick;
    this.#atTick = { waitedMs: this.waitedMs(pid), bootMs: comesUp ? this.#bootQueue.totalMs(pid) : before.bootMs };
    return comesUp ? this.#atTick.bootMs - before.bootMs : this.#atTick.waitedMs - before.waitedMs;
  }
}

/** The host's process as this system numbers it; below `unshare` it is not the one that was started, and not there from the first moment. */
export function hostPidOf(started: number | undefined, forks: boolean): number | undefined {
  return started === undefined || !forks ? started : (innerOf(started) ?? started);
}
