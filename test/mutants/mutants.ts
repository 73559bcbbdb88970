/** Every line of defence that `npm run mutants` breaks, one at a time. */
import { DOOR } from './door.ts';
import { DURABILITY } from './durability.ts';
import { GOSSIP } from './gossip.ts';
import { OPERATOR } from './operator.ts';
import { ORDER_AND_EPOCHS } from './order.ts';
import { LIVENESS } from './liveness.ts';
import { MODULES } from './modules.ts';
import type { Mutant } from './mutant.ts';
import { OVERLOAD } from './overload.ts';
import { PARSING } from './parsing.ts';
import { PORTS } from './ports.ts';
import { SIGNATURES } from './signatures.ts';

export const MUTANTS: readonly Mutant[] = [
  ...ORDER_AND_EPOCHS,
  ...DURABILITY,
  ...LIVENESS,
  ...SIGNATURES,
  ...GOSSIP,
  ...PARSING,
  ...MODULES,
  ...OPERATOR,
  ...OVERLOAD,
  ...PORTS,
  ...DOOR,
];
