/** Asks rendezvous nodes whether they know a node as admitted: its token may have expired since it joined. */
import { callTo } from '../../api/routes.ts';
import type { NodeId, Peer } from '../../model/names.ts';
import type { PeerCalls } from './peer-calls.ts';

const VOUCH_MS = 2_000;
/** How many are asked; one that knows is enough. */
const ASKED = 3;

export async function askRendezvous(calls: PeerCalls, rendezvous: readonly Peer[], id: NodeId): Promise<boolean> {
  const asked = rendezvous.slice(0, ASKED).map(async (peer) => {
    const answer = await calls.request(peer, { ...callTo('admission', { id }), timeoutMs: VOUCH_MS });
    if (answer.status !== 204) throw new Error('not known there');
  });
  // Any failure counts as "does not know": the stranger tries again later.
  return Promise.any(asked).then(
    () => true,
    () => false,
  );
}
