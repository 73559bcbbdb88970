/** counter: a counter that only grows, for the whole fleet. No addition that was told is lost or counted twice, however nodes crash and restart. */
import { GossipModule, knownSettings, parseState, field, roundMs } from 'gossip/sdk';
import type { Json } from 'gossip/sdk';
import { GrowOnlyCounter, parseSlot, parseSlots } from './grow-only-counter.ts';

export default class Counter extends GossipModule {
  readonly #counter = new GrowOnlyCounter();

  override start(): void {
    knownSettings(this.context.settings, ['intervalMs']);
    // Nodes of version 0.1 tell none: there the deployment is held, and says so.
    parseSlot(this.context.instanceId);
    this.context.every(roundMs(this.context), () => this.#round());
  }

  /** Counts here, and by gossip everywhere. */
  add(amount: number): void {
    // The slot is this instance's own. One of the node's would not do: after a crash it begins at its last checkpoint, below what was told before.
    this.#counter.add(this.context.instanceId, amount);
  }

  override receive(body: Json): Json {
    this.#counter.merge(parseSlots(body));
    return this.#counter.json();
  }

  override transferState(): string {
    return JSON.stringify({ version: 1, slots: this.#counter.json() });
  }

  override acceptState(text: string): void {
    this.#counter.merge(parseSlots(field(parseState(text, [1]).state, 'slots')));
  }

  override inspect(): Json {
    return { total: this.#counter.total, instances: this.#counter.size };
  }

  async #round(): Promise<void> {
    // An example of something to count: the rounds of all nodes. Count what your module sees, by the same call.
    this.add(1);
    for (const peer of this.context.peers(1)) {
      try {
        this.#counter.merge(parseSlots(await this.context.exchange(peer, this.#counter.json())));
      } catch (error) {
        this.context.log('an exchange failed', { peer: peer.name, error: String(error) });
      }
    }
  }
}
