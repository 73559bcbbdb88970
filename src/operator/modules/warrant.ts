/** The warrant that the commands of an operator show nodes: made for one command, and kept nowhere. */
import { GossipError } from '../../model/errors.ts';
import type { RoleName } from '../../trust/root.ts';
import { makeWarrant } from '../../trust/warrant.ts';
import { openOperatorKey } from '../cluster/clusters.ts';
import { lackingRole, mayAct } from '../cluster/lacking-role.ts';
import type { Session } from '../settings/session.ts';

export interface Warrants {
  /** The warrant for a header. */
  readonly text: () => string;
  /** What a node's refusal means to the operator: that his key lacks a role. Anything else is given back as it is. */
  readonly explained: (thrown: unknown, role: RoleName, does: string) => unknown;
}

/**
 * Text for a header, whenever it is needed; asks for the passphrase of a key that has one now. It is made when it is first needed, and anew when a trust epoch
 * begins meanwhile: who has found a node may know a newer root. What it is good for, each node judges by the roles of the key.
 */
export async function warrantsOf({ cluster, keyOwner }: Pick<Session, 'cluster' | 'keyOwner'>): Promise<Warrants> {
  const key = await openOperatorKey(cluster, keyOwner);
  let made: { readonly epoch: number; readonly warrant: string } | null = null;
  return {
    text: () => {
      const { epoch } = cluster.root.root;
      if (made?.epoch !== epoch) made = { epoch, warrant: makeWarrant(cluster.root, cluster.identity.id, key) };
      return made.warrant;
    },
    explained: (thrown, role, does) => {
      const isRefused = thrown instanceof GossipError && thrown.code === 'GOSSIP_E_SIGNATURE';
      // Else the node has not heard yet that it may: its own words say so.
      return isRefused && !mayAct(cluster.root.root, key.keyid, role) ? lackingRole(cluster, key, role, does, thrown) : thrown;
    },
  };
}
