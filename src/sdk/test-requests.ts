/** What one node of a `TestNetwork` is asked, by applications and by other modules on it: with the deadlines of a node, and in turn with its updates. */
import { answerRequest } from './border-applications.ts';
import type { Said } from './content.ts';
import { REQUEST_MS } from './limits.ts';
import type { TestInstance } from './test-instance.ts';
import { UseFault } from './test-uses.ts';
import type { Beside, TestWatchers } from './test-uses.ts';
import type { VirtualTime } from './virtual/virtual-time.ts';

export class TestRequests {
  readonly #time: VirtualTime;
  readonly #instance: () => TestInstance | undefined;
  /** Requests that the instance has not answered. */
  readonly #asked = new Set<Promise<unknown>>();
  /** Settles when a start, or an update, under way has ended. */
  #change: Promise<void> | null = null;

  constructor(time: VirtualTime, instance: () => TestInstance | undefined) {
    this.#time = time;
    this.#instance = instance;
  }

  /** Has what is asked meanwhile wait for what comes of the start or the update. */
  async during(begun: Promise<TestInstance>): Promise<TestInstance> {
    const nothing = (): void => undefined;
    this.#change = begun.then(nothing, nothing);
    try {
      return await begun;
    } finally {
      this.#change = null;
    }
  }

  /** Resolves when everything that was asked is answered, or too late. */
  async answered(): Promise<void> {
    await Promise.allSettled(this.#asked);
  }

  /** Asks `instance` for an application, once nothing changes any more. */
  async ask(instance: () => TestInstance, said: Said): Promise<Said> {
    await this.#settled();
    return this.#answer(instance(), said, null);
  }

  forOthers(name: string, watchers: TestWatchers): Beside {
    const message = `${name} does not run here now`;
    const isThere = this.#instance() !== undefined || this.#change !== null;
    return {
      failure: isThere ? null : { code: 'GOSSIP_E_MODULE_ABSENT', message },
      watchers,
      ask: async (said, by, waitMs) => {
        const late = new UseFault('GOSSIP_E_TIMEOUT', `no instance took the request within ${waitMs} ms`);
        await this.#within(waitMs, late, this.#settled());
        const instance = this.#instance();
        if (instance === undefined) throw new UseFault('GOSSIP_E_MODULE_ABSENT', message);
        return this.#answer(instance, said, by);
      },
    };
  }

  async #settled(): Promise<void> {
    while (this.#change !== null) await this.#change;
  }

  /** What takes longer than it may holds up no update. */
  async #answer({ module }: TestInstance, said: Said, by: string | null): Promise<Said> {
    const late = new UseFault('GOSSIP_E_TIMEOUT', `request() did not end within ${REQUEST_MS} ms`);
    const asked = this.#within(REQUEST_MS, late, answerRequest(module, said, by));
    this.#asked.add(asked);
    return asked.finally(() => this.#asked.delete(asked));
  }

  async #within<T>(ms: number, late: UseFault, promise: Promise<T>): Promise<T> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    const cancel = this.#time.after(ms, () => reject(late));
    try {
      return await Promise.race([promise, over]);
    } finally {
      cancel();
    }
  }
}
