/** One writer at a time in a directory of the operator's: of two commands at once, neither loses what the other wrote. */
import { setTimeout as pause } from 'node:timers/promises';
import { GossipError } from '../../model/errors.ts';

/** Others that write are done in milliseconds; one that is stopped in between must not hold everybody for ever. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 20;

/** Waits for the directory's lock; call what it gives to let the next one in. `what` is said to be locked, and `advice` given, where it cannot be had (`GOSSIP_E_FILE`). */
export async function lockPatiently(directory: string, { what, advice }: { what: string; advice: string }): Promise<() => void> {
  const { lockDirectory } = await import('../../core/store/files/lock.ts');
  for (const deadline = performance.now() + PATIENCE_MS; ;) {
    try {
      // Whoever holds it may be this very thread.
      const lock = lockDirectory(directory, 0);
      return () => lock.release();
    } catch (thrown) {
      if (!(thrown instanceof GossipError)) throw thrown;
      if (thrown.code === 'GOSSIP_E_DISK') throw thrown;
      if (thrown.code !== 'GOSSIP_E_DATA_LOCKED') throw new GossipError('GOSSIP_E_FILE', thrown.message, { cause: thrown, advice });
      if (performance.now() > deadline) throw busy(what, thrown);
    }
    await pause(RETRY_MS);
  }
}

function busy(what: string, cause: GossipError): GossipError {
  return new GossipError('GOSSIP_E_FILE', `${what} stay locked: ${cause.message}`, {
    cause,
    advice: 'Look at that process, then try again.',
  });
}
