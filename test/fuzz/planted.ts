/** Parsers with defects that were put there: a loop that finds nothing in these finds nothing anywhere. */
import { bytesOf } from './target.ts';
import type { Target } from './target.ts';

const seeds = [bytesOf('word')];
const SHORT_BYTES = 3;

/** Behind three conditions that random bytes do not meet all at once: only who follows the coverage gets there. */
const hidden: Target = {
  name: 'hidden',
  seeds,
  parse: (input) => {
    if (input[0] === 0x47) {
      if (input[1] === 0x4f) {
        if (input[2] === 0x21) throw new TypeError('planted');
      }
    }
  },
};

const hang: Target = {
  name: 'hang',
  seeds,
  parse: (input) => {
    while (input.length < SHORT_BYTES);
  },
};

const never: Target = { name: 'never', seeds, parse: (input) => (input.length < SHORT_BYTES ? new Promise(() => undefined) : null) };

const swell: Target = {
  name: 'swell',
  seeds,
  parse: (input) => {
    const kept: unknown[] = [];
    while (input.length < SHORT_BYTES) kept.push(Array.from({ length: 1_000_000 }).fill(1));
  },
};

const sound: Target = { name: 'sound', seeds, parse: (input) => input.length };

export const TARGETS: readonly Target[] = [hidden, hang, never, swell, sound];
