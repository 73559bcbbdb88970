/** What a table is made of, before anybody draws it. */
export type Tone = 'good' | 'warn' | 'bad' | 'dim';

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns that a narrow terminal does without, the least important first. */
  readonly spare: readonly string[];
}

/** Enough of a hash or an id to tell it from others. */
export function shortHash(hash: string): string {
  return hash.replace(/^sha256:/, '').slice(0, 12);
}
