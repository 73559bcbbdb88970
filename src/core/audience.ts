/** Who listens to a node on its own machine. */
import type { PeerEvent } from '../api/node-events.ts';
import type { Note } from '../gossip/protocol.ts';
import type { Audience } from '../runner/ports.ts';

/** Applications that watch modules, or the node itself; programs for events; and metrics. */
export interface NodeAudience extends Audience {
  readonly noted: (note: Note) => void;
  /** How the node finds its peers. */
  readonly peer: (event: PeerEvent) => void;
}
