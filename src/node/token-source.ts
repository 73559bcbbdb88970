/**
 * Where a join token is read from: the argument itself, `@FILE`, or `-` for standard input, since arguments show in the list of processes.
 */
import { errorAbout, GossipError } from '../model/errors.ts';

export async function readToken(text: string, input: AsyncIterable<Uint8Array> = process.stdin): Promise<string> {
  const isItself = text !== '-' && !text.startsWith('@');
  if (isItself) return text;
  const { readBounded, readGiven } = await import('../operator/files/given-file.ts');
  if (text === '-') return tokenIn(await readBounded(input, 'standard input', 'token'), 'standard input');
  const path = text.slice(1);
  return tokenIn(await readGiven(path, 'token'), path);
}

/** A fingerprint, by which a token is revoked. */
const DIGITS = /^[0-9a-f]+$/i;

async function tokenIn(bytes: Buffer, what: string): Promise<string> {
  const token = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim();
  if (DIGITS.test(token)) return token;
  const { looksLikeToken } = await import('../trust/token-form.ts');
  if (looksLikeToken(token)) return wholeToken(token, what);
  const { wrongFile } = await import('../trust/file-contents.ts');
  throw wrongFile(what, 'join token', bytes, { code: 'GOSSIP_E_TOKEN', advice: "Write there what 'gossip cluster join-token' prints." });
}

/** Read here already, so that a refusal names the file. */
async function wholeToken(token: string, what: string): Promise<string> {
  const { parseToken } = await import('../trust/token.ts');
  try {
    parseToken(token);
    return token;
  } catch (thrown) {
    throw thrown instanceof GossipError ? errorAbout(what, thrown) : thrown;
  }
}
