/** The warrant that the commands of an operator show nodes: made for one command, and kept nowhere. */
import { makeWarrant } from '../../trust/warrant.ts';
import { openOperatorKey } from '../cluster/clusters.ts';
import type { Session } from '../settings/session.ts';

/**
 * Text for a header, whenever it is needed; asks for the passphrase of a key that has one now. It is made when it is first needed, and anew when a trust epoch
 * begins meanwhile: who has found a node may know a newer root. What it is good for, each node judges by the roles of the key.
 */
export async function warrantsOf({ cluster, keyOwner }: Pick<Session, 'cluster' | 'keyOwner'>): Promise<() => string> {
  const key = await openOperatorKey(cluster, keyOwner);
  let made: { readonly epoch: number; readonly warrant: string } | null = null;
  return () => {
    const { epoch } = cluster.root.root;
    if (made?.epoch !== epoch) made = { epoch, warrant: makeWarrant(cluster.root, cluster.identity.id, key) };
    return made.warrant;
  };
}
