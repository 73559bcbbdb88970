/** Where a join token is read from: itself, `@FILE`, or `-` for standard input, since the words of a command show in the list of processes. */
import { open } from 'node:fs/promises';
import { GossipError } from '../model/errors.ts';

/** More is no token: one of the largest root has some 90 KB. */
const MAX_BYTES = 256 * 1024;

export async function readToken(text: string, input: AsyncIterable<Uint8Array> = process.stdin): Promise<string> {
  if (text === '-') return tokenIn(await all(input, 'standard input'), 'standard input');
  if (!text.startsWith('@')) return text;
  const path = text.slice(1);
  return tokenIn(await contents(path), path);
}

async function contents(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      return await all(file.createReadStream(), path);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof GossipError) throw cause;
    throw new GossipError('GOSSIP_E_FILE', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function all(input: AsyncIterable<Uint8Array>, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new GossipError('GOSSIP_E_TOKEN', `${what} holds more than a token`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tokenIn(bytes: Buffer, what: string): string {
  const token = bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim();
  if (token !== '') return token;
  throw new GossipError('GOSSIP_E_TOKEN', `${what} holds no token`);
}
