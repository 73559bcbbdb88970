/**
 * What things cost a processor, in milliseconds: measured on real nodes, with the profiler and by the times of their processes in labs of 10 to 50 on
 * two cores (x86-64, Node 26). They are those of a machine with much to do, whose caches hold little of any one process: alone, a node takes a third.
 */
export const COSTS = Object.freeze({
  /** Whatever wakes a core: a timer, a frame of a host, a write that is done. Of 20 wakes a second that cost 4.6 ms, most without a message. */
  turnMs: 0.15,
  /** To ask a peer, from the message to the encrypted bytes; to hear its answer; and to answer one. Half an exchange took 0.7 ms of the core. */
  callMs: 0.4,
  answerMs: 0.3,
  serveMs: 0.7,
  /** A frame in a host, with what the module does about it. */
  hostTurnMs: 0.25,
  /** A TLS handshake in which both show a certificate, for each of the two. */
  handshakeMs: 1.3,
  /** A core before it takes part: 120 ms of processor until `ready`. */
  coreStartMs: 120,
  /** The process of a host in its sandbox until it waits for a module: 31 of them for Node alone, 10 for the sandbox. */
  hostProcessMs: 47,
  /** To load a module in it, and construct it. */
  hostLoadMs: 25,
  /** What a core does for an update: checkout, start of the process, hand-over, checkpoint. */
  updateMs: 20,
  /** To read code and send it, or to hash it and write it down, for some tens of kilobytes. */
  codeMs: 5,
});

/** A handshake's ways over the network beside those of the request: TCP's and TLS's. */
export const HANDSHAKE_WAYS = 4;
