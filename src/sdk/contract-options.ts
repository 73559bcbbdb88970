/** What a module may tell the contract suite about itself. */
import type { JsonObject } from './json.ts';
import type { ModuleClass } from './module.ts';

/** What a module may tell the contract suite about itself. */
export interface ContractOptions {
  /** Settings that the instances get; default none. */
  readonly settings?: JsonObject;
  /** How long the network runs before it is looked at, in milliseconds of virtual time; default 60,000. */
  readonly runMs?: number;
  /** States that `acceptState` must refuse, beside the malformed ones that every module must; default none. */
  readonly refusedStates?: readonly (string | Uint8Array)[];
  /** The module has no state and accepts any; default false. */
  readonly stateless?: boolean;
  /** The module exchanges messages by itself; default true. */
  readonly gossips?: boolean;
  /** The class as it was deployed before: its state is handed to this one, and back again, as an update and a rollback do; default none. */
  readonly previous?: ModuleClass;
  /** `previous` takes the state back; default true. `false` where a rollback is meant to need `--scrub`. */
  readonly rollback?: boolean;
  /**
   * The module takes time and chance from its context alone; default true. `'outcome'`: it need not, but two runs end the same, say where a package draws a name that it is
   * then given. `false` leaves that check out, say where a package looks at the clock.
   */
  readonly deterministic?: boolean | 'outcome';
}
