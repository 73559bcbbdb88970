/** The other modules that one instance uses: what it asks them and has not heard, and what it watches. */
import { CallSite, NOT_SERVING, utf8Bytes } from './border.ts';
import { valueOf } from './border-applications.ts';
import type { Said } from './content.ts';
import type { Json } from './json.ts';
import { MAX_MESSAGE_BYTES, MAX_OPEN_USES, MAX_TOPIC, MAX_WATCHES, USE_MS } from './limits.ts';
import { UsedEvents } from './used-events.ts';
import { UseError, useError } from './uses.ts';
import type { UsedEvent, UsedHandlerOptions, UsedModule, UsedWatch, UsedWatchOptions, UseFailure, UseOptions } from './uses.ts';

/** The way to the other modules of the node. */
export interface UsesPort {
  /** `uses` of module.json. */
  readonly names: readonly string[];
  /** Has the core ask; the token comes back with `answered` or `failed`. */
  readonly request: (token: number, module: string, said: Said, timeoutMs: number) => void;
  /** Begins to watch; the token comes back with `told`, and at the end with `closed`. */
  readonly watch: (token: number, module: string, topic: string) => void;
  /** What was told is taken: the next may come. */
  readonly taken: (token: number) => void;
  readonly unwatch: (token: number) => void;
}

const nothing = (): void => undefined;
/** Of an instance that uses nobody. */
export const NO_USES: UsesPort = { names: [], request: nothing, watch: nothing, taken: nothing, unwatch: nothing };

export interface UsesOptions {
  readonly port: UsesPort;
  readonly serves: () => boolean;
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly taskFailed: (error: unknown) => void;
}

interface Open {
  readonly site: CallSite;
  readonly resolve: (answer: Json | Uint8Array) => void;
  readonly reject: (error: UseError) => void;
  readonly settled: () => void;
}

export class UsesOfInstance {
  readonly #options: UsesOptions;
  readonly #open = new Map<number, Open>();
  readonly #watches = new Map<number, UsedEvents>();
  #lastToken = 0;

  constructor(options: UsesOptions) {
    this.#options = options;
  }

  /** What `context.use` gives. */
  use(name: string): UsedModule {
    if (!this.#options.port.names.includes(name))
      throw new UseError('undeclared', 'GOSSIP_E_MODULE_UNDECLARED', `module.json does not name '${String(name)}' in 'uses'`);
    const watch = (first?: UsedWatchOptions | ((event: UsedEvent) => unknown), options: UsedHandlerOptions = {}): unknown =>
      typeof first === 'function' ? this.#handle(name, first, options) : this.#watch(name, first);
    return Object.freeze({
      name,
      request: async (body: Json | Uint8Array, options?: UseOptions) => this.#request(name, body, options),
      watch: watch as UsedModule['watch'],
    });
  }

  /** The outcome of a request; one that is not waited for is left alone. */
  answered(token: number, said: Said): void {
    const open = this.#take(token);
    try {
      open?.resolve(valueOf(said));
    } catch (error) {
      open?.reject(open.site.of(useError({ code: 'GOSSIP_E_MODULE_ANSWER', message: `the answer is not JSON: ${String(error)}` })));
    }
  }

  failed(token: number, failure: UseFailure): void {
    const open = this.#take(token);
    open?.reject(open.site.of(useError(failure)));
  }

  told(token: number, events: readonly UsedEvent[]): void {
    this.#watches.get(token)?.give(events);
  }

  closed(token: number, failure: UseFailure): void {
    this.#watches.get(token)?.end(useError(failure));
    this.#watches.delete(token);
  }

  /** It is told to stop: it hears of no more events. */
  endWatches(): void {
    for (const [token, events] of this.#watches) {
      this.#options.port.unwatch(token);
      events.end('quietly');
    }
    this.#watches.clear();
  }

  /** The instance is gone. */
  end(): void {
    this.endWatches();
    for (const { settled } of this.#open.values()) settled();
    this.#open.clear();
  }

  #request(module: string, body: unknown, { timeoutMs = USE_MS }: UseOptions = {}): Promise<Json | Uint8Array> {
    if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > USE_MS)
      throw new RangeError(`timeoutMs must be a whole number from 1 to ${USE_MS}, and was ${String(timeoutMs)}`);
    const said = saidTo(body);
    this.#checkServes();
    if (this.#open.size >= MAX_OPEN_USES)
      throw useError({ code: 'GOSSIP_E_BUSY', message: `${MAX_OPEN_USES} requests to other modules are open` });
    const site = new CallSite();
    const token = ++this.#lastToken;
    const { port, after } = this.#options;
    const late = (): void => this.failed(token, { code: 'GOSSIP_E_TIMEOUT', message: `${module}: no answer within ${timeoutMs} ms` });
    return new Promise((resolve, reject) => {
      this.#open.set(token, { site, resolve, reject, settled: after(timeoutMs, late) });
      port.request(token, module, said, timeoutMs);
    });
  }

  #watch(module: string, { topic = '' }: UsedWatchOptions = {}): UsedEvents {
    if (typeof topic !== 'string' || topic.length > MAX_TOPIC || !topic.isWellFormed())
      throw new TypeError(`the topic of a watch must be a text of at most ${MAX_TOPIC} characters`);
    this.#checkServes();
    if (this.#watches.size >= MAX_WATCHES) throw useError({ code: 'GOSSIP_E_BUSY', message: `${MAX_WATCHES} watches are open` });
    const { port } = this.#options;
    const token = ++this.#lastToken;
    const left = (): void => {
      if (this.#watches.delete(token)) port.unwatch(token);
    };
    const events = new UsedEvents({ left, taken: () => port.taken(token) });
    this.#watches.set(token, events);
    port.watch(token, module, topic);
    return events;
  }

  #handle(module: string, handler: (event: UsedEvent) => unknown, options: UsedHandlerOptions): UsedWatch {
    const events = this.#watch(module, options);
    void this.#pump(events, handler, options.onEnd);
    return { stop: () => void events.return() };
  }

  async #pump(events: UsedEvents, handler: (event: UsedEvent) => unknown, onEnd?: (error: UseError) => unknown): Promise<void> {
    const { taskFailed } = this.#options;
    const perform = async (run: () => unknown): Promise<void> => {
      try {
        await run();
      } catch (error) {
        taskFailed(error);
      }
    };
    try {
      for await (const event of events) await perform(() => handler(event));
    } catch (error) {
      if (onEnd === undefined) taskFailed(error);
      else await perform(() => onEnd(error as UseError));
    }
  }

  #checkServes(): void {
    if (!this.#options.serves()) throw new UseError('not-serving', 'GOSSIP_E_MODULE_ABSENT', NOT_SERVING);
  }

  #take(token: number): Open | undefined {
    const open = this.#open.get(token);
    this.#open.delete(token);
    open?.settled();
    return open;
  }
}

/** What is asked, as it travels. */
function saidTo(body: unknown): Said {
  const said: Said | undefined = body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
  if (said === undefined) throw new TypeError('a request must be a JSON value, or bytes');
  const bytes = typeof said === 'string' ? utf8Bytes(said, MAX_MESSAGE_BYTES) : said.length;
  if (bytes > MAX_MESSAGE_BYTES)
    throw useError({ code: 'GOSSIP_E_TOO_LARGE', message: `a request of ${bytes} bytes, ${MAX_MESSAGE_BYTES} are allowed` });
  return said;
}
