/** The context of an instance, the same on a node, in a `TestNetwork` and in the simulator: only what surrounds it differs. */
import { CallSite, checkListener, checkOpen, checkPeer, checkTimer, messageText, NOT_SERVING } from './border.ts';
import { publishedEvent } from './border-applications.ts';
import type { PublishedEvent } from './content.ts';
import { readJson } from './json-text.ts';
import type { Json } from './json.ts';
import { ExchangeError } from './module.ts';
import type { ModuleContext, Peer, PeersChange, StopReason, Timer } from './module.ts';
import { drawPeers, findPeer } from './peer-choice.ts';
import type { PeerChoice } from './peer-choice.ts';
import { UsesOfInstance } from './uses-of-instance.ts';
import type { UsesPort } from './uses-of-instance.ts';

type AsGiven =
  | 'self'
  | 'incarnation'
  | 'instanceId'
  | 'module'
  | 'deployment'
  | 'settings'
  | 'intervalMs'
  | 'now'
  | 'monotonic'
  | 'random'
  | 'log';

/** What the place where an instance runs gives its context. */
export interface Surroundings extends Required<Pick<ModuleContext, AsGiven>> {
  /** The other nodes that the core knows now. */
  readonly peers: () => PeerChoice;
  /** Runs later, unless the instance is gone by then; returns what prevents it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
  /** Has the core ask `to`; the token comes back with `answered` or `failed`. */
  readonly ask: (token: number, to: Peer, message: string) => void;
  /** Tells the applications that watch the module. */
  readonly publish: (event: PublishedEvent) => void;
  /** The other modules of the node. */
  readonly uses: UsesPort;
  /** When an exchange without an outcome is given up; absent where the core never fails to tell one. */
  readonly giveUpMs?: number;
  /** Told of what a timer's task threw, or rejected with. */
  readonly taskFailed: (error: unknown) => void;
}

interface Waiting {
  readonly site: CallSite;
  readonly resolve: (answer: Json) => void;
  readonly reject: (error: ExchangeError) => void;
  /** Prevents that it is given up. */
  readonly settled: () => void;
}

export class InstanceContext {
  /** The module's side, and all that it gets. Its functions are bound: an author may take them apart. */
  readonly forModule: ModuleContext;
  readonly uses: UsesOfInstance;
  readonly #around: Surroundings;
  readonly #waiting = new Map<number, Waiting>();
  readonly #timers = new Set<Timer>();
  readonly #listeners: ((peer: Peer) => unknown)[] = [];
  readonly #watchers: ((change: PeersChange) => unknown)[] = [];
  #lastToken = 0;
  #serves = false;
  #ended = false;

  constructor(around: Surroundings) {
    const { self, incarnation, instanceId, module, deployment, settings, intervalMs, now, monotonic, random, log, peers } = around;
    this.#around = around;
    const { uses: port, after, taskFailed } = around;
    this.uses = new UsesOfInstance({ port, after, taskFailed, serves: () => this.#serves });
    this.forModule = {
      self: Object.freeze({ ...self }),
      incarnation,
      instanceId,
      module,
      deployment,
      settings,
      intervalMs,
      now,
      monotonic,
      random,
      log,
      every: (everyMs, task) => {
        checkTimer('every', everyMs, task);
        return this.#timer(everyMs, task, { again: true });
      },
      after: (delayMs, task) => {
        checkTimer('after', delayMs, task);
        return this.#timer(delayMs, task, { again: false });
      },
      onLost: (listener) => {
        checkListener('onLost', listener);
        this.#listeners.push(listener);
      },
      onPeers: (listener) => {
        checkListener('onPeers', listener);
        this.#watchers.push(listener);
      },
      peer: (id) => findPeer(peers(), id),
      peers: (count) => drawPeers(peers(), count, random),
      exchange: async (to, body) => this.#exchange(to, body),
      use: (name) => this.uses.use(name),
      publish: (event, topic) => {
        const published = publishedEvent(event, topic);
        // Before its start and after an update others speak for the module.
        if (this.#serves) around.publish(published);
      },
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Timers that have not fired or been stopped. */
  get timers(): number {
    return this.#timers.size;
  }

  /** It is started: from now on it may exchange. */
  serve(): void {
    this.#serves = true;
  }

  /** The outcome of an exchange; one that is not waited for is left alone. */
  answered(token: number, text: string): void {
    const waiting = this.#take(token);
    try {
      waiting?.resolve(readJson(text) as Json);
    } catch (error) {
      waiting?.reject(waiting.site.failure('failed', `the answer is not JSON: ${String(error)}`));
    }
  }

  failed(token: number, reason: ExchangeError['reason'], why: string, gone = false): void {
    const waiting = this.#take(token);
    waiting?.reject(waiting.site.failure(reason, why, gone));
  }

  /** A connection to the peer was lost; told to an instance that serves. */
  lost({ id, address, name }: Peer): void {
    if (!this.#serves) return;
    for (const listener of this.#listeners) this.#perform(() => listener({ id, address, name }));
  }

  /** Other peers are near; told to an instance that serves. */
  peersChanged(before: readonly Peer[], now: readonly Peer[]): void {
    if (!this.#serves || this.#watchers.length === 0) return;
    const [had, has] = [new Set(before.map(({ id }) => id)), new Set(now.map(({ id }) => id))];
    const change = { come: now.filter(({ id }) => !had.has(id)), gone: before.filter(({ id }) => !has.has(id)) };
    if (change.come.length + change.gone.length === 0) return;
    for (const watcher of this.#watchers) this.#perform(() => watcher(change));
  }

  /** It is told to stop: its timers end, and at an update it is silent, for its successor has its state and speaks already. */
  stopping(reason: StopReason): void {
    this.#stopTimers();
    this.uses.endWatches();
    if (reason === 'update') this.#serves = false;
  }

  /** The instance is gone, and with it everything that it waited for. */
  end(): void {
    this.#ended = true;
    this.#serves = false;
    this.#stopTimers();
    this.#waiting.clear();
    this.uses.end();
  }

  #exchange(to: Peer, body: Json): Promise<Json> {
    if (!this.#serves) throw new ExchangeError('refused', NOT_SERVING);
    const peer = checkPeer(to);
    const message = messageText(body);
    checkOpen(this.#waiting.size);
    const site = new CallSite();
    const token = ++this.#lastToken;
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { site, resolve, reject, settled: this.#giveUp(token, peer) });
      this.#around.ask(token, peer, message);
    });
  }

  /** Gives an exchange up after a while; returns what prevents it. */
  #giveUp(token: number, { name }: Peer): () => void {
    const { giveUpMs, after } = this.#around;
    if (giveUpMs === undefined) return () => {};
    return after(giveUpMs, () => this.failed(token, 'timeout', `${name}: no answer within ${giveUpMs} ms`));
  }

  #take(token: number): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    waiting?.settled();
    return waiting;
  }

  /** A timer that ends with the instance, or when it is told to stop. A round does not wait for the one before. */
  #timer(delayMs: number, task: () => unknown, { again }: { readonly again: boolean }): Timer {
    let cancel = (): void => {};
    const timer: Timer = {
      stop: () => {
        this.#timers.delete(timer);
        cancel();
      },
    };
    const round = (): void => {
      // Stopped between falling due and running, as on a node that is frozen.
      if (!this.#timers.has(timer)) return;
      if (again) cancel = this.#around.after(delayMs, round);
      else this.#timers.delete(timer);
      this.#perform(task);
    };
    if (this.#ended) return timer;
    this.#timers.add(timer);
    cancel = this.#around.after(delayMs, round);
    return timer;
  }

  #stopTimers(): void {
    for (const timer of this.#timers) timer.stop();
  }

  /** A task that throws or rejects changes nothing for the others. */
  #perform(task: () => unknown): void {
    const performed = async (): Promise<unknown> => task();
    performed().catch((error: unknown) => this.#around.taskFailed(error));
  }
}
