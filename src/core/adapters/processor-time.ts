/** How long the core's thread runs, and how long it waits for a processor. */
import { closeSync, openSync, readSync } from 'node:fs';
import { processorTimeIn } from '../hosting/process/schedstat.ts';
import { PROCESSOR_LOOK_MS } from '../../runner/ports.ts';
import type { ProcessorTime } from '../../runner/ports.ts';
import type { Timers } from './timers.ts';

const SCHEDSTAT = '/proc/thread-self/schedstat';

/** Read again and again at the cost of one system call: the file stays open. */
export class ProcessorClock {
  #file: number | null;
  readonly #text = Buffer.alloc(128);
  #before: ProcessorTime | null = null;

  /** Null where the system does not count. */
  constructor(path = SCHEDSTAT) {
    this.#file = openedOrNull(path);
    this.#before = this.#read();
  }

  /** Tells once a second, where the system tells. */
  watch(timers: Timers, tell: (lately: ProcessorTime) => void): void {
    if (this.#file === null) return;
    timers.every(PROCESSOR_LOOK_MS, () => {
      const lately = this.lately();
      if (lately !== null) tell(lately);
    });
  }

  /** Since it was asked last; null where the system does not tell. */
  lately(): ProcessorTime | null {
    const [before, now] = [this.#before, this.#read()];
    this.#before = now;
    return before && now && { ranMs: now.ranMs - before.ranMs, waitedMs: now.waitedMs - before.waitedMs };
  }

  /** Also twice: the number of what was closed is soon that of another file. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #read(): ProcessorTime | null {
    if (this.#file === null) return null;
    const length = readSync(this.#file, this.#text, 0, this.#text.length, 0);
    return processorTimeIn(this.#text.toString('latin1', 0, length)) ?? null;
  }
}

function openedOrNull(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    // Another system, or a kernel that does not count: the node's timers tell enough.
    return null;
  }
}
