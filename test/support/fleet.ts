/** A few nodes in memory whose ids are of real keys, so that they sign what they say of themselves. */
import type { Address, NodeId, Peer } from '../../src/model/names.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import { wordsOf } from '../../src/trust/words.ts';
import { Network } from './network.ts';
import type { TestNode } from './network.ts';
import { root } from './records.ts';

const MINUTE_MS = 60_000;

export interface Fleet {
  readonly net: Network;
  readonly nodes: readonly TestNode[];
  readonly keys: readonly PrivateKey[];
}

/** So many nodes n0, n1 …, the first of which are rendezvous nodes; after a minute in which they have met. */
export function fleet(count: number, rendezvous = 1): Fleet {
  const keys = Array.from({ length: count }, () => generateKey());
  const peers = keys.map(({ keyid }, index): Peer => ({
    id: keyid as NodeId,
    name: `n${index}`,
    address: `10.1.0.${index + 1}:7946` as Address,
  }));
  const byId = new Map(keys.map((key) => [key.keyid, key]));
  const net: Network = new Network({
    rendezvous: peers.slice(0, rendezvous),
    words: ({ id }, incarnation) => wordsOf(root.cluster, incarnation, byId.get(id) as PrivateKey, () => net.now),
  });
  const nodes = peers.map((peer) => net.add(peer).start(peers.filter(({ id }) => id !== peer.id)));
  net.run(MINUTE_MS);
  return { net, nodes, keys };
}
