/** One epoch: every node puts its number in afresh, so that errors of the epoch before (lost nodes, lost mass) die out. */
import { add, half, isBounded, widen } from './mass.ts';
import type { Extrema, Mass } from './mass.ts';

export interface Estimate extends Extrema {
  readonly count: number;
  readonly mean: number;
  readonly sum: number;
}

/** A share of the mass on its way; set aside until it is certain whether it arrived. */
export interface Push {
  /** Drawn at random: the receiver takes a push of one id once, however often it is repeated. */
  readonly id: number;
  readonly mass: Mass;
}

/** Ids of taken pushes that are remembered in one epoch; past it pushes are declined, not taken twice. */
export const MAX_TAKEN = 4_096;

export class Epoch {
  readonly number: number;
  /** Rounds that this node spent in it. */
  rounds = 0;
  mass: Mass;
  extrema: Extrema;
  readonly #taken: Set<number>;

  constructor(number: number, begin: { readonly mass: Mass; readonly extrema: Extrema; readonly taken?: readonly number[] }) {
    this.number = number;
    this.mass = begin.mass;
    this.extrema = begin.extrema;
    this.#taken = new Set(begin.taken);
  }

  static begin(number: number, value: number, lot: number): Epoch {
    return new Epoch(number, { mass: { sum: value, weight: 1, lot, token: 1 }, extrema: { min: value, max: value } });
  }

  get taken(): readonly number[] {
    return [...this.#taken];
  }

  /** Sets half of the mass aside, to be sent. */
  split(id: number): Push {
    this.mass = half(this.mass);
    return { id, mass: this.mass };
  }

  /** A push certainly did not arrive: its mass stays here. */
  reclaim(push: Push): void {
    this.mass = add(this.mass, push.mass);
  }

  /** Takes a push, or knows that it did so before; false when it declines. */
  take(push: Push): boolean {
    if (this.#taken.has(push.id)) return true;
    const mass = add(this.mass, push.mass);
    if (this.#taken.size >= MAX_TAKEN || !isBounded(mass)) return false;
    this.#taken.add(push.id);
    this.mass = mass;
    return true;
  }

  widen(extrema: Extrema): void {
    this.extrema = widen(this.extrema, extrema);
  }

  /** Null while no weight or token has come here yet. */
  estimate(): Estimate | null {
    const { sum, weight, token } = this.mass;
    if (weight <= 0 || token <= 0) return null;
    const [mean, count] = [sum / weight, Math.max(1, Math.round(weight / token))];
    return Number.isFinite(mean * count) ? { count, mean, sum: mean * count, ...this.extrema } : null;
  }
}
