/** Promises of the real world, reported in the engine's way. */
import type { Failure } from '../../gossip/protocol.ts';
import { failureOf } from '../../model/errors.ts';
import type { Done, Written } from '../../runner/ports.ts';

export function settle<T>(promise: Promise<T>, done: Done<T>): void {
  promise.then(
    (value) => done({ value }),
    (error: unknown) => done({ failure: failureOf(error) }),
  );
}

/** Resolves after `done`. */
export async function settleWrite(write: Promise<unknown>, done: Written): Promise<void> {
  let refusal: Failure | null = null;
  try {
    await write;
  } catch (error) {
    refusal = failureOf(error, 'GOSSIP_E_DISK');
  }
  done(refusal);
}
