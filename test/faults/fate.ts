/** What becomes of one connection through a chaos proxy. */
import type { Random } from '../../src/sdk/virtual/random.ts';

export interface Fate {
  /** Of each piece of either direction. It differs from one connection to the next, so that later ones overtake. */
  readonly delayMs: number;
  readonly end: 'reset' | 'cut the answer' | 'stall';
  /** When a reset comes, in bytes towards the node: within the handshake, or within a request. */
  readonly afterBytes: number;
  /** Which answer is cut or stalled, from now on; of a new connection the first is the handshake's. */
  readonly atTurn: number;
  readonly stallMs: number;
}

const MOST_DELAY_MS = 1_000;
const MOST_BYTES = 8_192;
const MOST_TURNS = 6;
const STALL_MS = { min: 1_000, max: 20_000 };

/** Most delays are short and a few are long: the mean is a quarter of the longest. */
export function fateOf(random: Random, isNew: boolean): Fate {
  return {
    delayMs: Math.round(MOST_DELAY_MS * random.next() ** 3),
    end: random.pick(['reset', 'cut the answer', 'cut the answer', 'stall'] as const) ?? 'reset',
    afterBytes: random.below(MOST_BYTES),
    // TLS sends its tickets before the first answer, or together with it: from the third turn on, it is surely an answer.
    atTurn: (isNew ? 3 : 1) + random.below(MOST_TURNS),
    stallMs: Math.round(random.between(STALL_MS.min, STALL_MS.max)),
  };
}
