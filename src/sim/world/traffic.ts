/** How much each node sent and received, in messages and bytes: requests, answers, and code. */
import type { NodeId } from '../../model/names.ts';

export interface Counted {
  messages: number;
  bytes: number;
}

export interface NodeTraffic {
  readonly sent: Counted;
  readonly received: Counted;
}

export class Traffic {
  readonly #nodes = new Map<NodeId, NodeTraffic>();

  /** What the node sent and received so far. */
  of(node: NodeId): NodeTraffic {
    let traffic = this.#nodes.get(node);
    if (traffic === undefined) {
      traffic = { sent: { messages: 0, bytes: 0 }, received: { messages: 0, bytes: 0 } };
      this.#nodes.set(node, traffic);
    }
    return traffic;
  }

  sent(node: NodeId, bytes: number): void {
    const { sent } = this.of(node);
    sent.messages += 1;
    sent.bytes += bytes;
  }

  received(node: NodeId, bytes: number): void {
    const { received } = this.of(node);
    received.messages += 1;
    received.bytes += bytes;
  }
}
