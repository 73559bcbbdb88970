/** Chance of a fault: from a seed that is printed, and can be given again. What real processes make of the same draws differs all the same. */
import { Random } from '../../src/sdk/virtual/random.ts';

const VARIABLE = 'FAULT_SEED';
const SEEDS = 2 ** 32;

/** `what` says in the printed line whose chance it is. */
export function printedSeed(what: string, seed = process.env[VARIABLE] ?? String(Math.floor(Math.random() * SEEDS))): Random {
  process.stdout.write(`${what}: seed ${seed} (the same draws again: ${VARIABLE}=${seed})\n`);
  return new Random(seed);
}
