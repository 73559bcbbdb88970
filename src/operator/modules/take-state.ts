/** The state of a module's running instance on a node, by the warrant of an operator's key: there may be secrets in it. */
import { GossipError } from '../../model/errors.ts';
import type { ModuleName } from '../../model/names.ts';
import type { StateBytes } from '../../model/state-bytes.ts';
import type { NodeAddress } from '../client/client.ts';
import { describe } from '../client/connection-error.ts';
import type { StateOrigin } from '../module/state-file.ts';
import type { Session } from '../settings/session.ts';
import { warrantsOf } from './warrant.ts';

/** Asks for the passphrase of a key that has one. The instance goes on. */
export async function takeState(
  session: Session,
  node: NodeAddress,
  module: ModuleName,
): Promise<{ readonly origin: StateOrigin; readonly state: StateBytes }> {
  const warrants = await warrantsOf(session);
  try {
    const { deployment, code, state } = await session.client.state(node, module, warrants.text());
    const { id, address, name } = node;
    return { origin: { module, deployment, code, node: { id, address, name }, time: new Date().toISOString() }, state };
  } catch (refused) {
    const thrown = warrants.explained(refused, 'deploy', 'take states of modules of');
    if (!(thrown instanceof GossipError)) throw thrown;
    if (thrown.code === 'GOSSIP_E_MODULE_STATE') {
      const advice = `Its log says more: 'gossip logs ${module}'. The node keeps the last state that it gave.`;
      throw new GossipError(thrown.code, thrown.message, { advice, cause: thrown });
    }
    if (thrown.code !== 'GOSSIP_E_NOT_FOUND') throw thrown;
    throw new GossipError('GOSSIP_E_NOT_FOUND', `${describe(node)} cannot give a state: its program is older`, {
      advice: 'Name a node of this version with --to.',
      cause: thrown,
    });
  }
}
