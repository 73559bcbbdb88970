/** What an application is told when a module does not take its request. */
import { NO_REQUESTS, NOT_JSON } from '../sdk/content.ts';
import { GossipError } from './errors.ts';

/** `reason`: the module's own word, or one of the two that its host says for it. */
export function moduleRefusal(reason: string, message: string): GossipError {
  if (reason === NOT_JSON) return new GossipError('GOSSIP_E_REQUEST', message);
  if (reason === NO_REQUESTS) return new GossipError('GOSSIP_E_MODULE_DEAF', message);
  return new GossipError('GOSSIP_E_MODULE_REFUSED', message, { reason });
}
