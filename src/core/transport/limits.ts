/** What a peer may cost this node, on either side of a connection (attacks A7, C6 to C9). Defaults are frozen; tests pass smaller ones. */

export interface ServerLimits {
  /** Most connections at once, of everybody. Default 256: gossip needs few, and each may cost some 100 KiB. */
  readonly maxConnections: number;
  /** Of these, those whose handshake is not done. Default 64; such a place is free again after `handshakeMs` or earlier. */
  readonly maxHandshakes: number;
  /** Of the others, most that belong to ids `isKnown` does not know. Default 128: 64 stay reserved for members. */
  readonly maxStrangers: number;
  /** Most connections of one address (IPv6: of one /64) that are not members', handshakes included. Default 32. */
  readonly maxStrangersPerAddress: number;
  /** The same for loopback addresses. Default 192, which is no bound of its own: a lab runs dozens of nodes on 127.0.0.1, all strangers at first. */
  readonly maxStrangersPerLoopbackAddress: number;
  /** Most connections of one node id. Default 16: a pool of requests, some streams, and the operator's commands side by side. */
  readonly maxConnectionsPerId: number;
  /** New handshakes per second from addresses no member has called from, and the same again for those one has. Default 200: a handshake costs about 1 ms. */
  readonly handshakesPerSecond: number;
  /** Handshakes that may come at once. Default 400: a whole lab, or a cluster after a power cut. */
  readonly handshakeBurst: number;
  /** Of these, most from one address (IPv6: one /64), but for loopback, where labs run. Default 50: a whole office behind one address may start at once. */
  readonly handshakesPerAddressPerSecond: number;
  /** Default 100. */
  readonly handshakeBurstPerAddress: number;
  /**
   * A handshake that takes longer gives way to a newcomer where all places are taken; on a strained node, so many times longer. Default 250: some
   * round trips, and so short that those of strangers, at their rate, never fill the places.
   */
  readonly handshakeStalledMs: number;
  /** From accepting a connection to the end of its TLS handshake. Default 10,000, longer than callers wait for one that is late: it is not they that are cut off. */
  readonly handshakeMs: number;
  /** From the first byte of a request (or the handshake) to the end of its headers. Default 5,000. */
  readonly headerMs: number;
  /** Longest silence of a body, and the time over which its rate is measured. Default 15,000. */
  readonly requestMs: number;
  /** How long a connection may lie idle between requests. Default 420,000; clients give up earlier, at 50,000, and on a strained node at 400,000 at most. */
  readonly keepAliveMs: number;
  /** Slowest body, measured over each `requestMs` of waiting: its size decides how long it may take, and no deadline (decision 31). Default 4,096. */
  readonly minBytesPerSecond: number;
  /** Longest pause in which a peer takes nothing of an answer. Default 10,000. */
  readonly drainMs: number;
  /** Path, header names and header values together. Default 8,192; one byte more is answered 431. */
  readonly maxHeaderBytes: number;
  /** Memory for request bodies of all peers together. Default 64 MiB; more is answered 503. */
  readonly maxBufferedBytes: number;
  /** Of this, most for one node id. Default 16 MiB: four of the longest bodies at once. */
  readonly maxBufferedBytesPerId: number;
  /** Requests under way on one connection. Default 4: our client sends one after the other. */
  readonly maxRequestsPerConnection: number;
  /** Requests per second of one node id. Default 2,000: far above gossip, as nodes of before fetch each file by a request of its own. */
  readonly requestsPerSecond: number;
  /** Requests of one node id that may come at once. Default 8,000: more files than the largest code version has. */
  readonly requestBurst: number;
  /** The same for an id that is no member: it may say hello, which costs checks of signatures, and nothing else. Default 5. */
  readonly strangerRequestsPerSecond: number;
  /** Default 20. */
  readonly strangerRequestBurst: number;
}

export const SERVER_LIMITS: ServerLimits = Object.freeze({
  maxConnections: 256,
  maxHandshakes: 64,
  maxStrangers: 128,
  maxStrangersPerAddress: 32,
  maxStrangersPerLoopbackAddress: 192,
  maxConnectionsPerId: 16,
  handshakesPerSecond: 200,
  handshakeBurst: 400,
  handshakesPerAddressPerSecond: 50,
  handshakeBurstPerAddress: 100,
  handshakeStalledMs: 250,
  handshakeMs: 10_000,
  headerMs: 5_000,
  requestMs: 15_000,
  keepAliveMs: 420_000,
  minBytesPerSecond: 4 * 1_024,
  drainMs: 10_000,
  maxHeaderBytes: 8_192,
  maxBufferedBytes: 64 * 1024 * 1024,
  maxBufferedBytesPerId: 16 * 1024 * 1024,
  maxRequestsPerConnection: 4,
  requestsPerSecond: 2_000,
  requestBurst: 8_000,
  strangerRequestsPerSecond: 5,
  strangerRequestBurst: 20,
});

export interface ClientLimits {
  /** Peers whose connections are kept; the one used longest ago gives way. Default 64. */
  readonly maxPeers: number;
  /** Connections to one peer, on a strained node so many times fewer but two: requests beyond wait for one. Default 4. */
  readonly maxConnectionsPerPeer: number;
  /**
   * Connections that are being made at a time. Default 8: more than warm peers go cold at once, and on a machine that is shared by a hundred nodes
   * still no more than all of them together finish within `connectMs`.
   */
  readonly maxHandshakes: number;
  /** Connections begun in each second. Default 20: a node that speaks over warm connections needs one now and then; at 3 ms each, 6 % of a core. */
  readonly handshakesPerSecond: number;
  /** Of these, most at once. Default 40: the peers of a node that has just started, and some that have failed. */
  readonly handshakeBurst: number;
  /** Connections that wait to be begun; calls beyond fail at once. Default 128: more than can be begun before the calls' deadlines. */
  readonly maxWaitingHandshakes: number;
  /** From the first packet to the end of the TLS handshake, through a proxy too. Default 5,000. */
  readonly connectMs: number;
  /** An answer that is too late for its call is taken off its connection for so long: most are on their way from somebody who has much to do. Default 10,000. */
  readonly lateAnswerMs: number;
  /** How long an idle connection is kept, for each strain: 1 to 8. Default 50,000, 400,000 at most: less than the server's 420,000, so that no request meets a closing connection. */
  readonly idleMs: number;
  /** Headers of an answer together. Default 16,384. */
  readonly maxHeaderBytes: number;
  /** Over which the minimum rate of a stream is measured. Default 5,000: a server of 1 byte/s is given up after 5 s. */
  readonly rateWindowMs: number;
}

export const CLIENT_LIMITS: ClientLimits = Object.freeze({
  maxPeers: 64,
  maxConnectionsPerPeer: 4,
  maxHandshakes: 8,
  handshakesPerSecond: 20,
  handshakeBurst: 40,
  maxWaitingHandshakes: 128,
  connectMs: 5_000,
  lateAnswerMs: 10_000,
  idleMs: 50_000,
  maxHeaderBytes: 16_384,
  rateWindowMs: 5_000,
});
