/**
 * What a request of an operator's command may cost (attacks B18, C14). How long an answer may be is set with each route, in
 * `src/api/routes.ts`.
 */

/** In milliseconds, but for the rate. */
export interface ClientLimits {
  /** Until the node's kernel takes the connection. */
  readonly connectMs: number;
  /** Longest silence: a transfer that goes on has no end but that of the least rate. */
  readonly requestMs: number;
  readonly minBytesPerSecond: number;
  /** Of a question for the status, which a working node answers at once. */
  readonly statusMs: number;
}

/** How many times as long a node that is there and late is waited for: for its handshake always, for an answer where no other will do. */
export const PATIENCE = 3;

export const CLIENT_LIMITS: ClientLimits = {
  connectMs: 3_000,
  requestMs: 15_000,
  minBytesPerSecond: 16 * 1024,
  statusMs: 4_000,
};
