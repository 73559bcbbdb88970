/** What a bench finds: figures with every sample they were made of, plots, and what must be known beside them. */

export type Unit = 'ms' | 'bytes' | 'percent' | 'count';

export interface Figure {
  readonly name: string;
  readonly unit: Unit;
  /** The samples as they came. */
  readonly values: readonly number[];
  /** Attempts that came to no end, each with the reason; none of them is among the samples. */
  readonly failed?: readonly string[];
  /** What is compared with it: measured in the same run, on the same machine. */
  readonly baseline?: Baseline;
  readonly goal?: Goal;
  /** It stands in the table of the README. */
  readonly headline?: true;
}

export interface Baseline {
  readonly name: string;
  readonly values: readonly number[];
}

/** What the figure must not pass: a value in its unit, or so many times the baseline at the same place. */
export interface Goal {
  readonly at: 'p50' | 'p99' | 'max';
  readonly most: number;
  readonly of?: 'baseline';
}

/** Lines over one axis: time in milliseconds, or numbers on a scale that multiplies. */
export interface Plot {
  /** Names its file, too. */
  readonly name: string;
  readonly title: string;
  readonly x: 'ms' | 'nodes';
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Moments worth a line of their own. */
  readonly marks?: readonly { readonly x: number; readonly text: string }[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Outcome {
  readonly figures: readonly Figure[];
  readonly plots: readonly Plot[];
  /** What was left out and why, what surprised; a sentence each. */
  readonly remarks: readonly string[];
}
