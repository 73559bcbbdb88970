/** How an instance of a module does, as the node tells it. */
import type { Failure } from '../model/errors.ts';

/** How one instance does. Times by the node's forward clock. */
export interface InstanceHealth {
  /** When it began to serve. */
  readonly since: number;
  /** Asked for by it or answered by it: with a matched answer, and without one. */
  readonly exchanges: { readonly answered: number; readonly failed: number };
  /** Messages that its `receive`, and requests that its `request` could not answer. */
  readonly errors: { readonly count: number; readonly last: Failure | null };
  /** When the last state was taken of it that is kept, and why the last try gave none. */
  readonly checkpoint: { readonly at: number | null; readonly error: Failure | null };
  /** Age of the checkpoint that it began with; null when its state was live, or none. */
  readonly restoredFromMs: number | null;
}
