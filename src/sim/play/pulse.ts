/**
 * A light stand-in for membership, whose tables of everybody are costly to simulate for thousands of nodes: it gossips with as
 * many peers in each round, and as much, but means nothing by it.
 */
import { GossipModule, roundMs } from '../../sdk/index.ts';
import type { Json } from '../../sdk/index.ts';

/** Watched members whose turn it is. */
const PEERS_PER_ROUND = 2;
/** What membership says of one member: its id, name, address, incarnation and state. */
const CLAIM_BYTES = 150;
/** Members that it speaks of while little is new. */
const CLAIMS = 7;
const MESSAGE = 'x'.repeat(CLAIMS * CLAIM_BYTES);

export class Pulse extends GossipModule {
  override start(): void {
    const intervalMs = roundMs(this.context);
    this.context.after(this.context.random() * intervalMs, () => {
      this.#round();
      this.context.every(intervalMs, () => this.#round());
    });
  }

  override receive(): Json {
    return MESSAGE;
  }

  override transferState(): string {
    return '';
  }

  override acceptState(): void {}

  #round(): void {
    // Who does not answer is not missed.
    for (const peer of this.context.peers(PEERS_PER_ROUND)) void this.context.exchange(peer, MESSAGE).catch(() => null);
  }
}
