/** What programs for events may cost the node. Defaults are frozen; tests pass smaller ones. */

export interface HandlerLimits {
  /** Programs that run at the same time, of all handlers; of each handler it is one. Default 8. */
  readonly atOnce: number;
  /** Programs that begin in a second, and at once; fewer while the node is strained. Default 20: each costs the node some milliseconds. */
  readonly startsPerSecond: number;
  /** Events that wait for one handler; beyond them the oldest are lost. Default 256. */
  readonly waiting: number;
  /** The same in bytes of their JSON. Default 1 MiB. */
  readonly waitingBytes: number;
  /** How long a program may run before it is asked to end. Default 60,000. */
  readonly deadlineMs: number;
  /** How long it may take to end, then it is ended by force. Default 5,000. */
  readonly endingMs: number;
  /** What of its output stands in the log. Default 50 lines a second, and 16 KiB. */
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
}

export const HANDLER_LIMITS: HandlerLimits = Object.freeze({
  atOnce: 8,
  startsPerSecond: 20,
  waiting: 256,
  waitingBytes: 1024 * 1024,
  deadlineMs: 60_000,
  endingMs: 5_000,
  linesPerSecond: 50,
  bytesPerSecond: 16 * 1024,
});

/** Programs that one node may have for events. */
export const MAX_HANDLERS = 64;
