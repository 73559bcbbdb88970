/**
 * Where a join token is read from: the argument itself, `@FILE`, or `-` for standard input, since arguments show in the list of processes.
 */
import { GossipError } from '../model/errors.ts';

export async function readToken(text: string, input: AsyncIterable<Uint8Array> = process.stdin): Promise<string> {
  const isItself = text !== '-' && !text.startsWith('@');
  if (isItself) return text;
  const { readBounded, readGiven } = await import('../operator/files/given-file.ts');
  if (text === '-') return tokenIn(await readBounded(input, 'standard input', 'token'), 'standard input');
  const path = text.slice(1);
  return tokenIn(await readGiven(path, 'token'), path);
}

function tokenIn(bytes: Buffer, what: string): string {
  const token = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim();
  if (token !== '') return token;
  throw new GossipError('GOSSIP_E_TOKEN', `${what} holds no token`, { advice: "Write there what 'gossip cluster join-token' prints." });
}
