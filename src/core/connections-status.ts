/** The connections of a node, in both directions, as its status tells them. */
import type { ConnectionsStatus } from '../api/status.ts';
import type { PeerClient } from './transport/client/client.ts';
import type { PeerServer } from './transport/server/server.ts';

export function connectionsStatus(client: PeerClient, server: PeerServer): ConnectionsStatus {
  const { underWay, waiting, declined, leftAlone } = client.connecting;
  const { open, handshakes, turnedAway } = server.counts;
  const proxies = client.wayOut.status();
  const counted = { made: client.kept, connecting: underWay, waiting, declined, leftAlone, taken: open, handshakes, turnedAway };
  return { ...counted, ...(proxies.length > 0 && { proxies }) };
}
