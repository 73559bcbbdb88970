/** Asks for a passphrase: from `GOSSIP_PASSPHRASE`, or on the terminal without showing it. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Errors } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { safeText } from '../../model/safe-text.ts';
import { given } from '../../process/environment.ts';

/** What shells say of a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** The passphrase of the environment, for keys that are made. */
export function givenPassphrase(): string | undefined {
  return given('GOSSIP_PASSPHRASE');
}

export async function askPassphrase(path: string): Promise<string> {
  const passphrase = givenPassphrase();
  if (passphrase !== undefined) return passphrase;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new GossipError('GOSSIP_E_PASSPHRASE', `${path} is encrypted`);
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: hidden, terminal: true });
  const givenUp = new AbortController();
  let interrupted = false;
  terminal.once('SIGINT', () => {
    interrupted = true;
    givenUp.abort();
  });
  // Ctrl-D.
  terminal.once('close', () => givenUp.abort());
  process.stderr.write(`Passphrase of ${safeText(path)}: `);
  try {
    return await terminal.question('', { signal: givenUp.signal });
  } catch (cause) {
    if (interrupted) throw new Errors.ExitError(INTERRUPTED);
    throw new GossipError('GOSSIP_E_PASSPHRASE', `no passphrase was given for ${path}`, { cause });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
