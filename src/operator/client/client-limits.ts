/** What a request of an operator's command may cost: time, and what a node may answer (attacks B18, C14). */

/** Bounds of one request, in milliseconds, and of an answer's size. */
export interface ClientLimits {
  readonly connectMs: number;
  /** Longest silence: a transfer that goes on has no end but that of the least rate. */
  readonly requestMs: number;
  readonly minBytesPerSecond: number;
  /** Of a question for the status, which a working node answers at once. */
  readonly statusMs: number;
  /** Of the longest answers: code, and a whole configuration. */
  readonly maxBytes: number;
}

export const CLIENT_LIMITS: ClientLimits = {
  connectMs: 3_000,
  requestMs: 15_000,
  minBytesPerSecond: 16 * 1024,
  statusMs: 4_000,
  maxBytes: 64 * 1024 * 1024,
};
/** Of a status: a hundred modules that print without end. */
export const MAX_STATUS_BYTES = 16 * 1024 * 1024;
/** Of an admission: twice what nodes take of each other. */
export const MAX_HELLO_BYTES = 64 * 1024;
/** Of what else a node has to say: an outcome, what is missing of a deployment, what a module shows of itself. */
export const MAX_WORDS_BYTES = 2 * 1024 * 1024;
/** As many values as 64 MiB of the smallest records hold. */
export const JSON_LIMITS = { maxDepth: 64, maxValues: 2 ** 21 };
