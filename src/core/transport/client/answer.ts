/** What is taken of an answer: a head of plain text, and no more bytes than the caller allows. */
import type { Dispatcher } from 'undici';
import { GossipError } from '../../../model/errors.ts';
import { isPlainHeader } from '../head-grammar.ts';
import type { Address } from '../../../model/names.ts';
import { joined } from '../../../model/joined.ts';

export interface Head {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface Answer<Body> extends Head {
  readonly body: Body;
}

type RawHeaders = Dispatcher.ResponseData['headers'];

export function headOf(status: number, headers: RawHeaders, peer: { readonly address: Address }): Head {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  if (entries.every(([name, value]) => isPlainHeader(name, value))) return { status, headers: new Map(entries) };
  throw new GossipError('GOSSIP_E_REQUEST', `${peer.address} answered with a header that is not plain text`);
}

export async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return joined(parts);
}

/** Whether it says beforehand that it is too large. */
export function isAnnouncedTooLarge(headers: RawHeaders, maxBytes: number): boolean {
  return Number(headers['content-length'] ?? 0) > maxBytes;
}

export function abandon(answer: Dispatcher.ResponseData): void {
  answer.body.on('error', () => undefined);
  answer.body.destroy();
}

export function tooLarge(peer: { readonly address: Address }, maxBytes: number): GossipError {
  return new GossipError('GOSSIP_E_TOO_LARGE', `${peer.address} answered more than ${maxBytes} bytes`);
}
