/** How much of a processor a process takes, as the system counts it. */
import { readFileSync } from 'node:fs';

/** What /proc counts in, whatever the kernel's own clock is. */
const COUNT_MS = 10;
const SAMPLE_MS = 1_000;

export class ProcessorUse {
  readonly #usedMs: (pid: number) => number | undefined;
  #last: { readonly at: number; readonly usedMs: number } | undefined;
  #share: number | undefined;

  constructor(usedMs: typeof processorMsOf = processorMsOf) {
    this.#usedMs = usedMs;
  }

  /** Share of one core between the last two samples: 1 is a whole one. Undefined before the second, and where the system counts nothing. */
  get share(): number | undefined {
    return this.#share;
  }

  /** May be called more often than a sample is taken. `now`: a clock that only rises, in milliseconds. */
  sample(pid: number, now: number): void {
    const last = this.#last;
    if (last !== undefined && now - last.at < SAMPLE_MS) return;
    const usedMs = this.#usedMs(pid);
    this.#last = usedMs === undefined ? undefined : { at: now, usedMs };
    this.#share =
      last === undefined || usedMs === undefined
        ? undefined
        : Math.max(0, Math.round((100 * (usedMs - last.usedMs)) / (now - last.at)) / 100);
  }
}

/** Processor time of all threads of a process since its start. */
export function processorMsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold anything: what is counted begins behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * COUNT_MS;
  } catch {
    return undefined;
  }
}
