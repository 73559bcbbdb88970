/** Where a command ends: only after everything it printed has left this process, and never with 0 when it could not be printed. */
import { neverWait } from '../core/log/outlet.ts';
import { GossipError } from '../model/errors.ts';
import { errorLines } from './error-text.ts';

export interface Output {
  /** Resolves once all is written, with the exit code that the process must end with: the command's own, or 1 where it printed in vain. */
  end(exitCode: number): Promise<number>;
}

/** How long a process that somebody wants to end waits for readers that take nothing. */
const PATIENCE_MS = 500;

let forReaders = true;

/** From now on, readers decide nothing: a daemon runs and ends in order although whoever read its output is gone, full or stands still. */
export function endWithoutReaders(): void {
  forReaders = false;
  for (const stream of [process.stdout, process.stderr]) neverWait(stream);
}

/** Takes over both streams; before any command runs, for a stream tells of its failure only once. */
export function watchOutput(out: NodeJS.WriteStream = process.stdout, err: NodeJS.WriteStream = process.stderr): Output {
  let failure: NodeJS.ErrnoException | null = null;
  // oclif's own listener throws out of the middle of whatever runs: a full disk would break a deployment off.
  out.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
  });
  // Remarks that nobody can read are no failure.
  err.on('error', () => undefined);
  return {
    async end(exitCode) {
      await inTime(drained(out));
      const failed = forReaders && isFailure(failure) ? tell(failure, err) : 0;
      await inTime(drained(err));
      return exitCode === 0 ? failed : exitCode;
    },
  };
}

/** A reader that has seen enough, such as `head`, closes its end: that is no failure. */
function isFailure(error: NodeJS.ErrnoException | null): error is NodeJS.ErrnoException {
  return error !== null && error.code !== 'EPIPE';
}

function tell(cause: NodeJS.ErrnoException, err: NodeJS.WriteStream): number {
  const error = new GossipError('GOSSIP_E_FILE', `the output could not be written: ${cause.message}`, {
    advice: 'What the command did is done, but its output is incomplete.',
    cause,
  });
  err.write(`${errorLines(error).join('\n')}\n`);
  return error.exitCode;
}

/** Writes keep their order: an empty one is done when all before it are, or have failed. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    // The stream's 'error' comes a tick after its callbacks.
    stream.write('', () => setImmediate(resolve));
  });
}

function inTime(done: Promise<void>): Promise<void> {
  if (forReaders) return done;
  return Promise.race([done, new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS).unref())]);
}
