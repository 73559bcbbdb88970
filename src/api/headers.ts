/** Headers of messages between nodes. */
export const HEADERS = Object.freeze({
  /** The stamp of the instance that sends a module's message. */
  deployment: 'gossip-deployment',
  digest: 'gossip-digest',
  /** Where the sender listens, by its own account. */
  address: 'gossip-address',
  /** Which of its starts the sender is in. */
  incarnation: 'gossip-incarnation',
  /** Farewells of nodes that have left, each a line of `src/trust/farewell.ts`, with spaces between them. Nodes that do not know it pass over it. */
  left: 'gossip-left',
  /** Words of nodes that have left and are there again, likewise. */
  back: 'gossip-back',
  /** Tips of rendezvous nodes, likewise: `src/trust/tip.ts`. */
  tips: 'gossip-tips',
  /** The id of a node whose address the sender looks for. Nodes that do not know it pass over it. */
  sought: 'gossip-sought',
  /** `yes` or `no`: whether the answerer reaches the caller at the address that it told. */
  callable: 'gossip-callable',
  /** The numbers of the pieces of code that an answer carries, in their order. */
  pieces: 'gossip-pieces',
  /** Those of others that the sender has. */
  offer: 'gossip-offer',
  /** That an operator asks: see `src/trust/warrant.ts`. */
  warrant: 'gossip-warrant',
  /** Which topics are watched: how they begin, percent-encoded. */
  topic: 'gossip-topic',
});
