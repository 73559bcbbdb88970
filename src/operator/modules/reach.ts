/** The modules of nodes elsewhere, by the warrant of an operator's key. */
import { Gossip } from '../../client/index.ts';
import type { NodeAddress } from '../client/client.ts';
import type { Session } from '../settings/session.ts';
import { warrantsOf } from './warrant.ts';

/** How this operator reaches the modules of any node; asks for the passphrase of a key that has one. */
export async function moduleAccess(session: Session): Promise<(node: NodeAddress) => Gossip> {
  const warrant = await warrantsOf(session);
  return (node) => new Gossip(session.client.modules(node, warrant()));
}
