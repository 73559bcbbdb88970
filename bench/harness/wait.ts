/** Waiting that ends: with the condition, at its deadline, or when the bench is given up. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What did not come to be in time: a finding of the bench, not a fault of it. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
}

export interface Until {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** From one look to the next. */
  readonly everyMs?: number;
}

const EVERY_MS = 50;

/** The first answer of `probe` that says `done`. `probe` tells how far it is, for the message of whoever waited in vain. */
export async function until<Answer>(
  what: string,
  probe: () => Promise<{ readonly done: Answer } | { readonly soFar: string }>,
  { deadlineMs, signal, everyMs = EVERY_MS }: Until,
): Promise<Answer> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await probe();
    if ('done' in answer) return answer.done;
    if (performance.now() >= end) throw new NotInTime(`${what}: not in ${deadlineMs / 1_000} s (${answer.soFar})`);
    await pause(everyMs, signal);
  }
}

/** Rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

/** What `act` gives, or why it came to no end in its time; whatever else goes wrong is thrown. */
export async function inTime<Result>(act: () => Promise<Result>): Promise<{ readonly result: Result } | { readonly late: string }> {
  try {
    return { result: await act() };
  } catch (error) {
    if (error instanceof NotInTime) return { late: error.message };
    throw error;
  }
}
