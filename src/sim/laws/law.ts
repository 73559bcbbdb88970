/** A law: shown everything that happens, it throws `LawBroken` as soon as something happens that must not. */
import type { Happening } from './happening.ts';

export interface Law {
  /** As in ARCHITECTURE.md, such as `1 (only forward)`. */
  readonly name: string;
  observe(happening: Happening, now: number): void;
}

export class LawBroken extends Error {
  override readonly name = 'LawBroken';
  readonly law: string;
  constructor(law: string, what: string) {
    super(`law ${law} is broken: ${what}`);
    this.law = law;
  }
}
