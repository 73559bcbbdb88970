/** What modules of one node are to each other: one names the others that it uses in its module.json, asks them and watches them. */
import type { Json } from './json.ts';

/**
 * Why another module gave nothing. `undeclared`: `uses` of module.json does not name it. `unknown`: no such module is deployed. `absent`: it does not run here now, or
 * the node is stopping. `deaf`: it has no `request`. `refused`: it said no, and `refusal` is its own word for why. `failed`: it threw, or ended meanwhile. `timeout`: no answer in time; it
 * may have carried the request out all the same. `busy`: too many requests at once, of this module or to the other one. `too-large`: above the limit of
 * what may be asked or answered. `not-serving`: this instance was not started, or has handed its state over.
 */
export type UseReason =
  | 'undeclared'
  | 'unknown'
  | 'absent'
  | 'deaf'
  | 'refused'
  | 'failed'
  | 'timeout'
  | 'busy'
  | 'too-large'
  | 'not-serving';

/** What came of a request in place of an answer. */
export interface UseFailure {
  /** A code of docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** The other module's own word. */
  readonly reason?: string | undefined;
}

/** Why a module that this one uses gave no answer, or ends being watched. */
export class UseError extends Error {
  override readonly name = 'UseError';
  readonly reason: UseReason;
  /** The code that an application gets for the same, such as `GOSSIP_E_MODULE_UNKNOWN`; docs/errors.md explains each. */
  readonly code: string;
  /** Of `refused`: the other module's own word for why, such as `conflict`. */
  readonly refusal: string | undefined;
  constructor(reason: UseReason, code: string, message: string, refusal?: string) {
    super(message);
    this.reason = reason;
    this.code = code;
    this.refusal = refusal;
  }
  /** A module carries its own copy of this class; errors of the core's copy are its instances all the same. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'UseError';
  }
}

const REASONS: Readonly<Record<string, UseReason>> = {
  GOSSIP_E_MODULE_UNDECLARED: 'undeclared',
  GOSSIP_E_MODULE_UNKNOWN: 'unknown',
  GOSSIP_E_MODULE_ABSENT: 'absent',
  GOSSIP_E_STOPPING: 'absent',
  GOSSIP_E_MODULE_DEAF: 'deaf',
  GOSSIP_E_MODULE_REFUSED: 'refused',
  GOSSIP_E_TIMEOUT: 'timeout',
  GOSSIP_E_MODULE_HUNG: 'timeout',
  GOSSIP_E_BUSY: 'busy',
  GOSSIP_E_TOO_LARGE: 'too-large',
};

/** Everything else is a failure of the other module. */
export function useError({ code, message, reason }: UseFailure): UseError {
  return new UseError(REASONS[code] ?? 'failed', code, message, reason);
}

/** How long a request to another module may take. */
export interface UseOptions {
  /** From 1 to 20,000, the default: what the longest wait for an update and the longest answer take together. */
  readonly timeoutMs?: number;
}

/** What a watcher is told. */
export type UsedEvent =
  /** What was published. */
  | { readonly type: 'event'; readonly data: Json }
  /** So many events were lost, of all topics together, for they were not taken fast enough: read anew what you follow. */
  | { readonly type: 'lost'; readonly lost: number };

/** Which events of another module are wanted. */
export interface UsedWatchOptions {
  /** Only events whose topic begins so. */
  readonly topic?: string;
}

/** What a watch by a handler may be given. */
export interface UsedHandlerOptions extends UsedWatchOptions {
  /** Told once when nothing more will come, such as after the removal of the other module. Without it that is logged. */
  readonly onEnd?: (error: UseError) => unknown;
}

/** Ends a watch; ending it twice is harmless. */
export interface UsedWatch {
  stop(): void;
}

/** Another module on the same node. */
export interface UsedModule {
  readonly name: string;
  /** Asks it, with JSON or with bytes, and resolves with its answer. While it is being updated, the request waits for its new instance. Rejects with `UseError`. */
  request(body: Json | Uint8Array, options?: UseOptions): Promise<Json | Uint8Array>;
  /**
   * What it publishes from now on, also across its updates. The next event comes when the one before was taken: whoever is slow loses events, and is told. Throws
   * `UseError` where it is not deployed or does not run, and when it is removed; ends with this instance.
   */
  watch(options?: UsedWatchOptions): AsyncIterableIterator<UsedEvent>;
  /** The same for a function, which is called with one event after the other; a promise of it is awaited. What it throws is logged. */
  watch(handler: (event: UsedEvent) => unknown, options?: UsedHandlerOptions): UsedWatch;
}
