/** Promises of the real world, reported in the engine's way: what is returned resolves after `done`. */
import type { Failure } from '../../gossip/protocol.ts';
import { failureOf } from '../../model/errors.ts';
import type { Done, Written } from '../../runner/ports.ts';

export function settle<T>(promise: Promise<T>, done: Done<T>): Promise<void> {
  return promise.then(
    (value) => done({ value }),
    (error: unknown) => done({ failure: failureOf(error) }),
  );
}

export async function settleWrite(write: Promise<unknown>, done: Written): Promise<void> {
  let refusal: Failure | null = null;
  try {
    await write;
  } catch (error) {
    refusal = failureOf(error, 'GOSSIP_E_DISK');
  }
  done(refusal);
}
