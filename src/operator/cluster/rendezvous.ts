/** Rendezvous nodes as an operator writes them: `NAME=IP:PORT=ID`. */
import { addressForPeers } from '../../model/address.ts';
import { GossipError } from '../../model/errors.ts';
import { isNodeId, parseNodeName } from '../../model/names.ts';
import type { Address, NodeId, Peer } from '../../model/names.ts';

/** All of them; no two of one name, id or address, for commands would mean one and reach the other. */
export function parseRendezvousNodes(texts: readonly string[]): Peer[] {
  const nodes = texts.map(parseRendezvous);
  for (const key of ['name', 'address', 'id'] as const) {
    const twice = nodes.find((node, index) => nodes.findIndex((other) => other[key] === node[key]) < index);
    if (twice !== undefined) throw new GossipError('GOSSIP_E_USAGE', `two rendezvous nodes have the ${key} ${twice[key]}`);
  }
  return nodes;
}

export function parseRendezvous(text: string): Peer {
  const [name = '', address = '', id = '', ...rest] = text.split('=');
  if (rest.length > 0 || id === '') {
    throw new GossipError('GOSSIP_E_USAGE', `'${text}' does not name a rendezvous node`, {
      advice: 'Write NAME=IP:PORT=ID, as in rendezvous1=10.0.0.1:7946=3f…',
    });
  }
  const known = parseNodeId(id);
  return { name: parseNodeName(name), address: addressForPeers(address), id: known };
}

/** `IP:PORT` of a rendezvous node that moves, or `IP:PORT=ID` of the machine that takes its place. */
export function parseNewPlace(text: string): { readonly address: Address; readonly id: NodeId | undefined } {
  const [address = '', id, ...rest] = text.split('=');
  if (rest.length > 0) {
    throw new GossipError('GOSSIP_E_USAGE', `'${text}' does not say where the node is`, { advice: 'Write IP:PORT, or IP:PORT=ID.' });
  }
  return { address: addressForPeers(address), id: id === undefined ? undefined : parseNodeId(id) };
}

function parseNodeId(id: string): NodeId {
  if (isNodeId(id)) return id;
  throw new GossipError('GOSSIP_E_USAGE', `'${id}' is not a node id`, {
    advice: "Take the 64 digits that 'gossip node identity' prints on that machine.",
  });
}
