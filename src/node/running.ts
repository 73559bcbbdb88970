/** The node that runs with a data directory, asked by whoever may write there: a wish in a file, then a signal to the process that holds the lock. */
import { GossipError } from '../model/errors.ts';

export interface Asking {
  /** Puts the wish where the node looks for it. */
  readonly wish: () => void;
  readonly clear: () => void;
  /** `cannot be told to …` */
  readonly what: string;
  readonly notRunning: () => GossipError;
}

/** The process is the one that holds the lock: no other can have its number while it does. */
export function signalHolder(holder: number, signal: NodeJS.Signals, { wish, clear, what, notRunning }: Asking): void {
  try {
    wish();
    process.kill(holder, signal);
  } catch (cause) {
    clear();
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ESRCH') throw notRunning();
    throw new GossipError('GOSSIP_E_DATA_UNWRITABLE', `process ${holder} cannot be told to ${what}: ${(cause as Error).message}`, {
      advice: 'Do it as the user that the node runs as.',
      cause,
    });
  }
}

export function noNode(dataDir: string): GossipError {
  return new GossipError('GOSSIP_E_NO_NODE', `there is no node in ${dataDir}`);
}
