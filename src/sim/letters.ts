/** What travels through the simulated network: the protocol's messages in their wire form, and requests for code. */
import type { WireAnswer, WireRequest } from '../gossip/wire.ts';
import type { ContentHash, Peer } from '../model/names.ts';
import type { Endpoint, Network } from './network.ts';

export type Letter = { readonly kind: 'message'; readonly wire: WireRequest } | { readonly kind: 'fetch'; readonly code: ContentHash };

export type CodeAnswer =
  | { readonly kind: 'code' }
  | { readonly kind: 'no-code' }
  | { readonly kind: 'busy'; readonly referrals: readonly Peer[] };
export type Reply = { readonly kind: 'message'; readonly wire: WireAnswer } | CodeAnswer;

export type SimNetwork = Network<Letter, Reply>;
export type SimEndpoint = Endpoint<Letter, Reply>;
