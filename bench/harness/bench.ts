/** What a bench is, and what it is given. */
import type { Outcome } from './figure.ts';
import type { BenchLab, LabWish } from './lab.ts';

/** Why a bench came to no end that somebody interrupted. */
export const BROKEN_OFF = 'interrupted';

export interface Bench {
  readonly name: string;
  /** What it measures, in one sentence. */
  readonly summary: string;
  /** It runs only where it is asked for. */
  readonly isApart?: true;
  /** It is given up after this, and its lab taken down. */
  readonly deadlineMs: { readonly quick: number; readonly full: number };
  run(setting: Setting): Promise<void>;
}

export interface Setting {
  /** Few nodes and samples, so that all benches take a few minutes. */
  readonly quick: boolean;
  /** Aborted by Ctrl-C and by the bench's deadline. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Takes what was found so far: it counts even when the bench comes to no end. */
  readonly found: (part: Partial<Outcome>) => void;
  /** Runs `act`, and again where other processes took too much of the machine meanwhile; gives the least disturbed result. */
  readonly undisturbed: <Result>(what: string, act: () => Promise<Result>) => Promise<Result>;
  /** Runs `act` with a lab, and takes the lab down whatever happens. */
  readonly withLab: <Result>(wish: LabWish, act: (lab: BenchLab) => Promise<Result>) => Promise<Result>;
}
