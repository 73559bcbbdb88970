/** What surrounds a simulated instance: a virtual clock, chance from the seed, and its core. */
import type { Peer as CheckedPeer } from '../../model/names.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { Surroundings } from '../../sdk/instance-context.ts';
import { NO_USES } from '../../sdk/uses-of-instance.ts';
import type { Random } from '../../sdk/virtual/random.ts';
import { markBody } from './provenance.ts';
import type { Provenance } from './provenance.ts';

export interface VirtualSurroundings extends Pick<
  Surroundings,
  'self' | 'incarnation' | 'instanceId' | 'module' | 'deployment' | 'settings' | 'intervalMs' | 'monotonic' | 'peers' | 'strain'
> {
  readonly provenance: Provenance;
  readonly random: Random;
  /** The node's own wall clock, which may be wrong. */
  readonly wallMs: () => number;
  /** Runs later, on this node, unless it is down by then. */
  readonly after: (delayMs: number, run: () => void) => void;
  /** Says that code of the module runs now. */
  readonly promising: () => void;
  /** Tells the core of an event for those that watch. */
  readonly publish: (event: PublishedEvent) => void;
  /** Asks the core for an exchange; the token comes back with the reply. */
  readonly exchange: (token: number, to: CheckedPeer, body: Uint8Array) => void;
}

/** Without `giveUpMs`: a simulated core never fails to tell an outcome. */
export function surroundingsOf(given: VirtualSurroundings): Surroundings {
  const { random, wallMs, after, promising, provenance, exchange, publish } = given;
  return {
    ...given,
    now: wallMs,
    random: random.next,
    after: (delayMs, run) => {
      after(delayMs, () => {
        promising();
        run();
      });
      // What was prevented still falls due, and finds that it is not wanted any more.
      return () => {};
    },
    ask: (token, to, message) => exchange(token, to as CheckedPeer, markBody(message, provenance)),
    publish,
    // Modules of simulations use no others: the protocol's part in it is tested by itself.
    uses: NO_USES,
    // What a module logs, and what its tasks throw, is for people; it changes nothing in a simulation.
    log: () => {},
    taskFailed: () => {},
  };
}
