/** For commands that start something: on an interrupt they end what they started, then themselves. */
import { Errors } from '@oclif/core';

/** Ctrl-C, a service manager, and a terminal that was closed; with the exit codes that shells know. */
export const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type Interrupt = keyof typeof EXIT_CODES;

/** Runs `act` with a signal that aborts at an interrupt; when `act` has then ended what it began, so does the command. */
export async function interruptible<Result>(act: (signal: AbortSignal) => Promise<Result>, onInterrupted: () => void): Promise<Result> {
  const stop = new AbortController();
  let first: Interrupt | null = null;
  const interrupt = (signal: Interrupt): void => {
    first ??= signal;
    stop.abort(new Error('interrupted'));
  };
  const signals = Object.keys(EXIT_CODES) as Interrupt[];
  // Not `once`: an impatient second Ctrl-C must not leave behind what the first one ends.
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await act(stop.signal);
  } catch (error) {
    if (first === null) throw error;
    // With the terminal gone there is nobody to tell.
    if (first !== 'SIGHUP') onInterrupted();
    throw new Errors.ExitError(EXIT_CODES[first]);
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
