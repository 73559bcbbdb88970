/** All parsers that take bytes from outside. `npm test` tries each with random edits; `npm run fuzz` follows the coverage. */
import type { Target } from './target.ts';
import { CORE } from './targets/core.ts';
import { GOSSIP } from './targets/gossip.ts';
import { HOSTING } from './targets/hosting.ts';
import { MODEL } from './targets/model.ts';
import { MODULES } from './targets/modules.ts';
import { OPERATOR } from './targets/operator.ts';
import { STORE } from './targets/store.ts';
import { TRUST } from './targets/trust.ts';

export const TARGETS: readonly Target[] = [...TRUST, ...MODEL, ...GOSSIP, ...HOSTING, ...STORE, ...CORE, ...OPERATOR, ...MODULES];
