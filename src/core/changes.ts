/** What of a running node changes without a restart, and what such a change is to each part of it. */
import type { LogLevel } from '../model/log-level.ts';
import type { Core } from './core.ts';
import type { EventHandlers } from './event-handlers/handlers.ts';
import type { Logger } from './log/log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { PeerSearch } from './discovery/peer-search.ts';
import type { Changeable } from './run-options.ts';
import { DEFAULT_QUOTA_BYTES } from './store/data-directory.ts';
import type { DataDirectory } from './store/data-directory.ts';
import { answerLevel, wishedLevel } from './store/level-wish.ts';
import type { WayOut } from './transport/client/way-out.ts';

export interface ChangedParts {
  readonly core: Pick<Core, 'handle'>;
  readonly data: Pick<DataDirectory, 'dir' | 'limitCode'>;
  readonly handlers: Pick<EventHandlers, 'replace'>;
  readonly search: Pick<PeerSearch, 'lookAt'>;
  /** Null: none were wanted when the node started, and none can be begun now. */
  readonly metrics: Pick<Metrics, 'move'> | null;
  readonly wayOut: WayOut;
  readonly log: Logger;
}

/** What was asked for last. */
export class Changes {
  #now: Changeable;

  constructor(first: Changeable) {
    this.#now = first;
  }

  readonly runs = (module: string): boolean => this.#now.modules === 'all' || this.#now.modules.includes(module);

  get leavesOnStop(): boolean {
    return this.#now.leaveOnStop === true;
  }

  /** All of it at once. A log level that was changed meanwhile by `heed` stays, unless another one is asked for here. */
  take(next: Changeable, { core, data, handlers, search, metrics, wayOut, log }: ChangedParts): void {
    const before = this.#now;
    wayOut.change(next);
    this.#now = next;
    data.limitCode(next.quotaBytes ?? DEFAULT_QUOTA_BYTES);
    handlers.replace(next.handlers ?? []);
    search.lookAt(next.joinFrom ?? []);
    if (next.metrics !== undefined) void metrics?.move(next.metrics);
    if (next.logLevel !== before.logLevel) log.level = next.logLevel;
    core.handle({ type: 'modules-chosen' });
  }
}

/** Does what lies in the data directory as a wish; whoever may write there may have another log level. */
export function heedWishes({ data: { dir }, log }: Pick<ChangedParts, 'data' | 'log'>): void {
  try {
    const to = wishedLevel(dir);
    if (to === null) return;
    const from = log.level as LogLevel;
    if (from !== to) log.info({ from, to }, 'log level changed');
    log.level = to;
    answerLevel(dir, { from, to });
  } catch (thrown) {
    log.warn({ why: (thrown as Error).message }, 'what the node was asked cannot be read');
  }
}
