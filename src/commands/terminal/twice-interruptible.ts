/** For commands that must mend what they broke: the first interrupt has them mend it now, the second ends them. */
import { Errors } from '@oclif/core';
import { isEcho } from '../../node/endings.ts';
import type { Heard } from '../../node/endings.ts';
import { EXIT_CODES } from './interruptible.ts';
import type { Interrupt } from './interruptible.ts';

export interface Interrupted<Result> {
  readonly result: Result;
  /** Exit code of the first interrupt; null where there was none. */
  readonly exitCode: number | null;
}

/**
 * Runs `act` with a signal that aborts at the first interrupt, and one that does at the second. After the second one nothing of `act` is waited for: `onSecond` says what is
 * left to do, and the command ends with that interrupt's exit code. The same signal within a moment is one: a group of processes may get it twice, as from timeout(1).
 */
export async function twiceInterruptible<Result>(
  act: (first: AbortSignal, second: AbortSignal) => Promise<Result>,
  told: { readonly onFirst: () => void; readonly onSecond: () => void },
  now: () => number = () => performance.now(),
): Promise<Interrupted<Result>> {
  const [first, second] = [new AbortController(), new AbortController()];
  let exitCode: number | null = null;
  let heard: Heard | null = null;
  const givenUp = Promise.withResolvers<never>();
  const interrupt = (name: Interrupt): void => {
    if (heard === null) {
      heard = { signal: name, at: now() };
      exitCode = EXIT_CODES[name];
      // With the terminal gone there is nobody to tell; it is mended all the same.
      if (name !== 'SIGHUP') told.onFirst();
      return first.abort(new Error('interrupted'));
    }
    if (isEcho(heard, name, now())) return;
    // A terminal that closes may say so twice.
    if (name === 'SIGHUP' || second.signal.aborted) return;
    second.abort(new Error('interrupted twice'));
    told.onSecond();
    givenUp.reject(new Errors.ExitError(EXIT_CODES[name]));
  };
  const signals = Object.keys(EXIT_CODES) as Interrupt[];
  for (const signal of signals) process.on(signal, interrupt);
  try {
    const acting = act(first.signal, second.signal);
    // What it does after it was given up is heard by nobody.
    acting.catch(() => undefined);
    const result = await Promise.race([acting, givenUp.promise]);
    return { result, exitCode };
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
