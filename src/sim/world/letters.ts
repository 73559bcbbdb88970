/** What travels through the simulated network: the protocol's messages in their wire form, and requests for code. */
import type { Received, WireAnswer, WireRequest } from '../../gossip/wire.ts';
import type { ContentHash, Peer } from '../../model/names.ts';
import type { PieceQuestion } from '../../model/pieces.ts';
import type { Endpoint, Network } from './network.ts';

export type Letter = { readonly kind: 'message'; readonly wire: WireRequest } | CodeLetter;

/** Asks for all of a code; for its manifest and the hashes of its pieces; or for pieces. */
export type CodeLetter =
  | { readonly kind: 'fetch' | 'manifest'; readonly code: ContentHash; readonly waitMs: number | null }
  | ({ readonly kind: 'pieces'; readonly code: ContentHash } & PieceQuestion);

export type CodeAnswer =
  /** `code`: what the bytes really are, as their receiver finds when it hashes them. */
  | { readonly kind: 'code'; readonly code: ContentHash; readonly bytes: number }
  | { readonly kind: 'manifest'; readonly code: ContentHash; readonly bytes: number }
  | {
      readonly kind: 'pieces';
      readonly code: ContentHash;
      readonly pieces: readonly number[];
      readonly offer: readonly number[];
      readonly bytes: number;
    }
  | { readonly kind: 'no-code' }
  | { readonly kind: 'busy'; readonly referrals: readonly Peer[] };
export type Reply = { readonly kind: 'message'; readonly wire: WireAnswer } | CodeAnswer;

export type SimNetwork = Network<Letter, Reply>;
export type SimEndpoint = Endpoint<Letter, Reply>;

/** Size of what asks for code, and of what refuses it. */
const ASK_BYTES = 128;
/** First line and end of the headers, without what differs. */
const REQUEST_BYTES = '  HTTP/1.1\r\n\r\n'.length;
const ANSWER_BYTES = 'HTTP/1.1 200\r\n\r\n'.length;
const HEADER_BYTES = ': \r\n'.length;

/** What a message takes on a link: its HTTP text and body, or the code's bytes. (What TLS and TCP add is not counted.) */
export function bytesOf(message: Letter | Reply): number {
  if (message.kind === 'code' || message.kind === 'manifest') return ANSWER_BYTES + ('bytes' in message ? message.bytes : ASK_BYTES);
  if (message.kind === 'pieces') return ASK_BYTES + ('bytes' in message ? message.bytes : message.lack.text.length);
  if (message.kind !== 'message') return ASK_BYTES;
  const { wire } = message;
  let bytes = wire.body.length + ('path' in wire ? REQUEST_BYTES + wire.method.length + wire.path.length : ANSWER_BYTES);
  for (const name in wire.headers) bytes += HEADER_BYTES + name.length + (wire.headers[name] as string).length;
  return bytes;
}

/** As it is at the other end. */
export function received<Wire extends WireRequest | WireAnswer>(wire: Wire): Received<Wire> {
  return { ...wire, headers: new Map(Object.entries(wire.headers)) };
}
