/** Chance from one seed: a generator that forks by name, so that what one node draws never shifts what another draws. */
import { sample } from '../sample.ts';

/** What a fork's name is mixed into: four words of state (sfc32). */
type State = Int32Array;

const HEX_DIGITS = '0123456789abcdef';
/** Draws thrown away at the start, until the seed has reached every bit. */
const WARM_UP = 12;

export class Random {
  readonly #name: string;
  readonly #state: State;

  constructor(name: string) {
    this.#name = name;
    this.#state = stateOf(name);
    for (let draw = 0; draw < WARM_UP; draw += 1) this.next();
  }

  /** An independent generator: the same for the same path of names. */
  fork(name: string): Random {
    return new Random(`${this.#name}/${name}`);
  }

  /** A number in [0, 1). Bound, so that it can be handed on as a function. */
  readonly next = (): number => {
    const state = this.#state;
    const b = state[1] as number;
    const c = state[2] as number;
    const counter = state[3] as number;
    const sum = ((state[0] as number) + b + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    state[3] = (counter + 1) | 0;
    return (sum >>> 0) / 2 ** 32;
  };

  /** A whole number from 0 to `end` − 1. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  between(min: number, max: number): number {
    return min + (max - min) * this.next();
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)];
  }

  /** At most `count` distinct members, in random order. */
  sample<T>(from: readonly T[], count: number): T[] {
    return sample(from, count, this.next);
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => HEX_DIGITS[this.below(HEX_DIGITS.length)]).join('');
  }
}

/** Four words that depend on every character of the name (FNV-1a with four offsets). */
function stateOf(name: string): State {
  const words: State = Int32Array.of(0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35);
  for (let place = 0; place < name.length; place += 1) {
    const code = name.charCodeAt(place);
    for (let word = 0; word < 4; word += 1) words[word] = Math.imul((words[word] as number) ^ (code + word), 0x01000193);
  }
  return words;
}
