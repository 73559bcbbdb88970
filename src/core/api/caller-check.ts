/** Checks who calls: members may ask anything but what is the operators', strangers only what is open to them, and nobody before the node is ready. */
import { GossipError } from '../../model/errors.ts';
import type { Handlers } from './handlers.ts';
import type { Members } from '../admission/members.ts';
import type { Warrants } from '../admission/warrants.ts';
import type { PeerServerOptions } from '../transport/server/server.ts';

export class CallerCheck {
  #handlers: Handlers | null = null;

  open(handlers: Handlers): void {
    this.#handlers = handlers;
  }

  options(members: Members, warrants: Warrants): Pick<PeerServerOptions, 'handler' | 'isKnown' | 'authorize'> {
    return {
      isKnown: (id) => members.has(id),
      authorize: (from, route, headers) => {
        if (!route.open) members.require(from);
        if (route.operator) warrants.require(from, headers, route.operator);
      },
      handler: async (request) => {
        if (!this.#handlers) throw new GossipError('GOSSIP_E_BUSY', 'the node is starting');
        return this.#handlers.handle(request);
      },
    };
  }
}
