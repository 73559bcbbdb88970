/** Asks rendezvous nodes whether they know a node as admitted: its token may have expired since it joined. */
import type { NodeId, Peer } from '../../model/names.ts';
import type { PeerCalls } from './peer-calls.ts';

const VOUCH_MS = 2_000;
/** How many are asked; one that knows is enough. */
const ASKED = 3;

export async function askRendezvous(calls: PeerCalls, rendezvous: readonly Peer[], id: NodeId): Promise<boolean> {
  const asked = rendezvous.slice(0, ASKED).map(async (peer) => {
    const answer = await calls.request(peer, { method: 'GET', path: `/v1/admissions/${id}`, timeoutMs: VOUCH_MS, maxBytes: 1_024 });
    if (answer.status !== 204) throw new Error('not known there');
  });
  // Any failure counts as "does not know": the stranger tries again later.
  return Promise.any(asked).then(
    () => true,
    () => false,
  );
}
