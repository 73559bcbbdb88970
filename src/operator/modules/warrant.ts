/** The warrant that the commands of an operator show nodes: made for one command, and kept nowhere. */
import { makeWarrant } from '../../trust/warrant.ts';
import { openOperatorKey } from '../cluster/clusters.ts';
import type { Session } from '../settings/session.ts';

/** Text for a header; asks for the passphrase of a key that has one. What it is good for, each node judges by the roles of the key. */
export async function warrantOf({ cluster, keyOwner }: Pick<Session, 'cluster' | 'keyOwner'>): Promise<string> {
  return makeWarrant(cluster.root, cluster.identity.id, await openOperatorKey(cluster, keyOwner));
}
