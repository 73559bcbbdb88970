/** What is taken of an answer: a head of plain text, and no more bytes than the caller allows. */
import type { Dispatcher } from 'undici';
import { GossipError } from '../../../model/errors.ts';
import { isPlainHeader } from '../head-grammar.ts';
import type { Address } from '../../../model/names.ts';

export function headOf(
  answer: Dispatcher.ResponseData,
  peer: { readonly address: Address },
): { status: number; headers: ReadonlyMap<string, string> } {
  const entries = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
  if (entries.every(([name, value]) => isPlainHeader(name, value))) return { status: answer.statusCode, headers: new Map(entries) };
  abandon(answer);
  throw new GossipError('GOSSIP_E_REQUEST', `${peer.address} answered with a header that is not plain text`);
}

export async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number, peer: { readonly address: Address }): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    // Leaving the loop destroys the body: nothing more is read (attack A6).
    if (bytes > maxBytes) throw tooLarge(peer, maxBytes);
    parts.push(part);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, bytes);
}

/** Refuses what says beforehand that it is too large. */
export function refuseAnnounced(answer: Dispatcher.ResponseData, maxBytes: number, peer: { readonly address: Address }): void {
  if (Number(answer.headers['content-length'] ?? 0) <= maxBytes) return;
  abandon(answer);
  throw tooLarge(peer, maxBytes);
}

export function abandon(answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => undefined);
  answer.body.destroy();
}

function tooLarge(peer: { readonly address: Address }, maxBytes: number): GossipError {
  return new GossipError('GOSSIP_E_TOO_LARGE', `${peer.address} answered more than ${maxBytes} bytes`);
}
