/** The modules of nodes elsewhere, by the warrant of an operator's key. */
import { Gossip } from '../../client/index.ts';
import type { NodeAddress } from '../client/client.ts';
import type { Session } from '../settings/session.ts';
import { warrantsOf } from './warrant.ts';

export interface ModuleAccess {
  readonly at: (node: NodeAddress) => Gossip;
  /** What a node's refusal means to the operator; anything else is given back as it is. */
  readonly explained: (thrown: unknown) => unknown;
}

/** How this operator reaches the modules of any node; asks for the passphrase of a key that has one. */
export async function moduleAccess(session: Session): Promise<ModuleAccess> {
  const warrants = await warrantsOf(session);
  return {
    at: (node) => new Gossip(session.client.modules(node, warrants.text())),
    explained: (thrown) => warrants.explained(thrown, 'observe', 'ask modules of'),
  };
}
