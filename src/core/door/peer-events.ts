/** Whom the node speaks with, told as it changes; looked at only while somebody watches the node. */
import type { Peer } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';

const LOOK_MS = 1_000;

export interface PeerEventsOptions {
  /** The peers that the node keeps connections with. */
  readonly peers: () => readonly Peer[];
  readonly isWatched: () => boolean;
  readonly tell: (event: JsonObject) => void;
}

export class PeerEvents {
  readonly #options: PeerEventsOptions;
  #known = new Map<string, Peer>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PeerEventsOptions) {
    this.#options = options;
  }

  /** Somebody watches: from now on changes are told, until nobody does. */
  begin(): void {
    if (this.#timer !== undefined) return;
    this.#known = this.#now();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    if (!this.#options.isWatched()) return this.end();
    const before = this.#known;
    this.#known = this.#now();
    for (const [id, peer] of this.#known) if (!before.has(id)) this.#tell(peer, true);
    for (const [id, peer] of before) if (!this.#known.has(id)) this.#tell(peer, false);
    return undefined;
  }

  #now(): Map<string, Peer> {
    return new Map(this.#options.peers().map((peer) => [peer.id, peer]));
  }

  #tell({ id, name, address }: Peer, near: boolean): void {
    this.#options.tell({ event: 'peer', near, peer: { id, name, address } });
  }
}
