/** What applications may cost the node. Defaults are frozen; tests pass smaller ones. */
import { readFileSync } from 'node:fs';
import { MAX_WAITING_REQUESTS } from '../../gossip/applications.ts';
import { MAX_OPEN_REQUESTS } from '../../sdk/limits.ts';

export interface DoorLimits {
  /** Connections at once, those of watchers not counted. Default 256; a quarter of what files the process may open, where that is less. */
  readonly maxConnections: number;
  /** Watchers at once, of all modules and of the node. Default 1,024; a quarter of what files the process may open, where that is less. */
  readonly maxWatchers: number;
  /** Requests that begin in a second; further ones wait for their turn. Default 2,000: some 40 % of what a core answers, on a node that is not strained. */
  readonly requestsPerSecond: number;
  /** Requests that may begin at once. Default 500. */
  readonly requestBurst: number;
  /** Requests of one module with the core, of all entrances and of operators together: half of what the protocol keeps for a module, the rest is for modules that use it. Default 160. */
  readonly placesPerModule: number;
  /** How long a request waits for such a place, then it is answered 503. Default 15,000. */
  readonly placeMs: number;
  /** Memory for bodies of requests under way. Default 32 MiB; more is answered 503. */
  readonly maxBufferedBytes: number;
  /** Path and headers together. Default 8,192. */
  readonly maxHeaderBytes: number;
  /** From the connection, or the first byte of a request, to the end of its head. Default 5,000. */
  readonly headerMs: number;
  /** Longest silence of a body. Default 15,000. */
  readonly requestMs: number;
  /** Slowest body. Default 4,096. */
  readonly minBytesPerSecond: number;
  /** Longest pause in which a caller takes nothing of an answer. Default 10,000. */
  readonly drainMs: number;
  /** How long a connection may lie idle between requests. Default 60,000. */
  readonly keepAliveMs: number;
  /** Events of one module that are kept for those who are behind or come back. Default 1,024. */
  readonly keptEvents: number;
  /** The same in bytes. Default 1 MiB. */
  readonly keptBytes: number;
  /** How long a watcher may take nothing at all of what is written to it. Default 60,000; then its connection ends. */
  readonly stuckMs: number;
  /** How long what was published stays after the last watcher has gone, for those who come back. Default 60,000. */
  readonly rememberMs: number;
}

export const DOOR_LIMITS: DoorLimits = Object.freeze({
  maxConnections: 256,
  maxWatchers: 1_024,
  requestsPerSecond: 2_000,
  requestBurst: 500,
  placesPerModule: (MAX_OPEN_REQUESTS + MAX_WAITING_REQUESTS) / 2,
  placeMs: 15_000,
  maxBufferedBytes: 32 * 1024 * 1024,
  maxHeaderBytes: 8_192,
  headerMs: 5_000,
  requestMs: 15_000,
  minBytesPerSecond: 4 * 1_024,
  drainMs: 10_000,
  keepAliveMs: 60_000,
  keptEvents: 1_024,
  keptBytes: 1024 * 1024,
  stuckMs: 60_000,
  rememberMs: 60_000,
});

/** A flood at the door must not take the files that the node needs for its peers and its disk. */
export function doorLimits(given: Partial<DoorLimits> = {}): DoorLimits {
  const limits = { ...DOOR_LIMITS, ...given };
  const quarter = Math.max(16, Math.floor(openFiles() / 4));
  return Object.freeze({
    ...limits,
    maxConnections: Math.min(limits.maxConnections, quarter),
    maxWatchers: Math.min(limits.maxWatchers, quarter),
  });
}

/** How many files the process may open; unlimited where the system does not tell. */
function openFiles(): number {
  try {
    return Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
