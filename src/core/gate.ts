/** The doorkeeper: lets members through, strangers to `hello` only, and nobody before the node is ready. */
import { GossipError } from '../model/errors.ts';
import type { Doors } from './doors.ts';
import type { Members } from './members.ts';
import type { PeerServerOptions } from './transport/server.ts';

export class Gate {
  #doors: Doors | null = null;

  open(doors: Doors): void {
    this.#doors = doors;
  }

  options(members: Members): Pick<PeerServerOptions, 'handler' | 'isKnown' | 'authorize'> {
    return {
      isKnown: (id) => members.has(id),
      authorize: (from, route) => {
        if (route !== 'hello') members.require(from);
      },
      handler: async (request) => {
        if (!this.#doors) throw new GossipError('GOSSIP_E_BUSY', 'the node is starting');
        return this.#doors.handle(request);
      },
    };
  }
}
