/** Asks for a passphrase: from `GOSSIP_PASSPHRASE`, or on the terminal without showing it. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { GossipError } from '../../model/errors.ts';

export async function askPassphrase(path: string): Promise<string> {
  const given = process.env['GOSSIP_PASSPHRASE'];
  if (given !== undefined) return given;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new GossipError('GOSSIP_E_PASSPHRASE', `${path} is encrypted`);
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: hidden, terminal: true });
  process.stderr.write(`Passphrase of ${path}: `);
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
