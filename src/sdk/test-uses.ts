/** Modules beside each other on one node of a `TestNetwork`: what they ask and watch, with the words and deadlines of a node. */
import { reasonOf } from './border-applications.ts';
import { NO_REQUESTS, NOT_JSON } from './content.ts';
import type { PublishedEvent, Said } from './content.ts';
import type { Json } from './json.ts';
import type { UsedEvent, UseFailure } from './uses.ts';
import type { UsesOfInstance, UsesPort } from './uses-of-instance.ts';
import type { VirtualTime } from './virtual/virtual-time.ts';

/** How long a request may wait for an instance, as on a node. */
export const TEST_WAIT_MS = 15_000;
/** One way through the pipes. */
const PIPE_MS = 1;
/** Events that are kept for a watcher that is slow. */
const MAX_KEPT = 1_024;

/** A module on the same node, as others reach it. */
export interface Beside {
  /** Why it cannot be asked or watched; null when it can, or soon. */
  readonly failure: UseFailure | null;
  readonly watchers: TestWatchers;
  /** Resolves with its answer; rejects with a `UseFault`, or with what the module threw. */
  ask(said: Said, by: string, waitMs: number): Promise<Said>;
}

/** A failure that is not the module's. */
export class UseFault extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface TestUsesOptions {
  readonly names: readonly string[];
  readonly module: string;
  readonly beside: (module: string) => Beside | undefined;
  readonly time: VirtualTime;
  /** Runs in the instance: later if its node is frozen, never if it ended. */
  readonly enter: (run: (uses: UsesOfInstance) => void) => void;
  /** Longest wait of what is asked now. */
  readonly patienceMs: () => number;
}

export function testUses({ names, module, beside, time, enter, patienceMs }: TestUsesOptions): UsesPort {
  const watches = new Map<number, { readonly watcher: TestWatcher; readonly watchers: TestWatchers }>();
  const back = (run: (uses: UsesOfInstance) => void): void => void time.after(PIPE_MS, () => enter(run));
  const reach = (name: string): Beside => {
    const other = beside(name);
    if (other === undefined) throw new UseFault('GOSSIP_E_MODULE_UNKNOWN', `no module '${name}' is deployed here`);
    if (other.failure !== null) throw new UseFault(other.failure.code, other.failure.message);
    return other;
  };
  const ask = async (token: number, name: string, said: Said, waitMs: number): Promise<void> => {
    try {
      const answer = await reach(name).ask(said, module, waitMs);
      back((uses) => uses.answered(token, answer));
    } catch (error) {
      back((uses) => uses.failed(token, failureIn(error)));
    }
  };
  return {
    names: names.filter((name) => name !== module),
    request: (token, name, said, timeoutMs) => {
      const waitMs = Math.min(timeoutMs, patienceMs());
      time.after(PIPE_MS, () => void ask(token, name, said, waitMs));
    },
    watch: (token, name, topic) => {
      try {
        const { watchers } = reach(name);
        const watcher = new TestWatcher(
          topic,
          (events) => back((uses) => uses.told(token, events)),
          (failure) => back((uses) => uses.closed(token, failure)),
        );
        watchers.add(watcher);
        watches.set(token, { watcher, watchers });
      } catch (error) {
        back((uses) => uses.closed(token, failureIn(error)));
      }
    },
    taken: (token) => watches.get(token)?.watcher.taken(),
    unwatch: (token) => {
      const watch = watches.get(token);
      watch?.watchers.delete(watch.watcher);
      watches.delete(token);
    },
  };
}

/** Those that watch one module. */
export class TestWatchers {
  readonly #watchers = new Set<TestWatcher>();

  add(watcher: TestWatcher): void {
    this.#watchers.add(watcher);
  }

  delete(watcher: TestWatcher): void {
    this.#watchers.delete(watcher);
  }

  publish(event: PublishedEvent): void {
    for (const watcher of this.#watchers) watcher.publish(event);
  }

  /** The module was removed. */
  close(): void {
    for (const watcher of this.#watchers) watcher.close({ code: 'GOSSIP_E_MODULE_ABSENT', message: 'the module was removed' });
    this.#watchers.clear();
  }
}

class TestWatcher {
  readonly #topic: string;
  readonly #tell: (events: readonly UsedEvent[]) => void;
  readonly close: (failure: UseFailure) => void;
  #kept: UsedEvent[] = [];
  #lost = 0;
  #isReady = true;

  constructor(topic: string, tell: (events: readonly UsedEvent[]) => void, close: (failure: UseFailure) => void) {
    this.#topic = topic;
    this.#tell = tell;
    this.close = close;
  }

  publish({ topic, text }: PublishedEvent): void {
    if (!topic.startsWith(this.#topic)) return;
    this.#kept.push({ type: 'event', data: JSON.parse(text) as Json });
    if (this.#kept.length > MAX_KEPT) {
      this.#kept.shift();
      this.#lost += 1;
    }
    this.#next();
  }

  taken(): void {
    this.#isReady = true;
    this.#next();
  }

  #next(): void {
    if (!this.#isReady || this.#kept.length === 0) return;
    this.#isReady = false;
    const events: UsedEvent[] = this.#lost === 0 ? this.#kept : [{ type: 'lost', lost: this.#lost }, ...this.#kept];
    this.#kept = [];
    this.#lost = 0;
    this.#tell(events);
  }
}

function failureIn(error: unknown): UseFailure {
  if (error instanceof UseFault) return { code: error.code, message: error.message };
  const reason = reasonOf(error);
  const message = (error as Error).message;
  if (reason === null) return { code: 'GOSSIP_E_MODULE_ANSWER', message };
  if (reason === NOT_JSON) return { code: 'GOSSIP_E_REQUEST', message };
  if (reason === NO_REQUESTS) return { code: 'GOSSIP_E_MODULE_DEAF', message };
  return { code: 'GOSSIP_E_MODULE_REFUSED', message, reason };
}
