/** A row of the table of faults as a test: it tells what it injected, how often, what came of that, and the times that it measured. */
import type { TaskMeta } from 'vitest';

/** Deadlines are for what hangs: how long things take is told in the table, and a busy machine may take its time. That of a row: */
export const ROW_MS = 1_200_000;
/** That of one wait in a row. */
export const WAIT_MS = 300_000;

/** Times, or whatever else was measured more than once. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** Most that the table of faults allows, where it says so. */
  readonly goal?: number;
}

/** What a row of the printed table shows; plain data, for it travels from the test's process to the reporter's. */
export interface FaultLine {
  injected: number;
  outcome: string;
  figures: Figure[];
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: FaultLine;
  }
  interface ProvidedContext {
    /** Set by `npm run faults`: the full number of injections, not the few of `npm test`. */
    everyFault: boolean | undefined;
  }
}

export class Findings {
  readonly line: FaultLine = { injected: 0, outcome: '', figures: [] };

  /** Counts injections. */
  inject(times = 1): void {
    this.line.injected += times;
  }

  /** What came of them, in a few words. */
  outcome(words: string): void {
    this.line.outcome = words;
  }

  figure(name: string, values: readonly number[], { unit = 'ms', goal }: { unit?: string; goal?: number } = {}): void {
    this.line.figures.push({ name, unit, values: values.map((value) => Math.round(value * 10) / 10), ...(goal !== undefined && { goal }) });
  }
}

/** For a test that is named `row N: the fault`. */
export function findingsOf({ meta }: { readonly meta: TaskMeta }): Findings {
  const findings = new Findings();
  meta.fault = findings.line;
  return findings;
}
