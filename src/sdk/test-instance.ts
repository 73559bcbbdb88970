/** One instance on a `TestNode`: the module, its context and its timers, as a host has them. */
import { CallSite, checkClass, checkInstance, checkOpen, checkPeer, checkTimer, messageText, NOT_SERVING, stateText } from './border.ts';
import type { Json, JsonObject } from './json.ts';
import { STEP_MS, STOP_MS } from './limits.ts';
import { ExchangeError } from './module.ts';
import type { GossipModule, ModuleClass, ModuleContext, Peer, StopReason, Timer } from './module.ts';
import type { Random } from './virtual/random.ts';
import type { VirtualTime } from './virtual/virtual-time.ts';

/** What an instance needs of its node. */
export interface InstanceSurroundings {
  readonly peer: Peer;
  readonly incarnation: number;
  readonly instanceId: string;
  readonly deployment: string;
  readonly settings: JsonObject;
  readonly intervalMs: number;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly wallMs: () => number;
  /** Runs now, or when the node thaws. */
  readonly whenAwake: (run: () => void) => void;
  readonly others: () => Peer[];
  readonly exchange: (from: TestInstance, to: Peer, message: string, site: CallSite) => Promise<Json>;
  readonly log: (message: string, fields?: JsonObject) => void;
}

export class TestInstance {
  readonly deployment: string;
  readonly #around: InstanceSurroundings;
  readonly #timers = new Set<() => void>();
  #module: GossipModule | undefined;
  #speaks = false;
  #ended = false;
  #open = 0;

  constructor(around: InstanceSurroundings) {
    this.#around = around;
    this.deployment = around.deployment;
  }

  get module(): GossipModule {
    if (this.#module === undefined) throw new Error('the instance is not constructed');
    return this.#module;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Timers that have not fired or been stopped. */
  get timers(): number {
    return this.#timers.size;
  }

  construct(Module: ModuleClass): GossipModule {
    checkClass(Module);
    const module = new Module(this.#context());
    checkInstance(module);
    this.#module = module;
    return module;
  }

  async accept(state: string): Promise<void> {
    const step = async (): Promise<void> => this.module.acceptState(stateText(state));
    await this.#within(step(), 'acceptState');
  }

  async activate(): Promise<void> {
    this.#speaks = true;
    // A class that does not extend the SDK's has only what it must have.
    const step = async (): Promise<void> => this.#module?.start?.();
    await this.#within(step(), 'start');
  }

  /** Its last words, for as long as it may take for them. */
  async stop(reason: StopReason): Promise<void> {
    if (this.#ended) return;
    this.#stopTimers();
    if (reason === 'update') this.#speaks = false;
    try {
      const step = async (): Promise<void> => this.#module?.stop?.(reason);
      await this.#settled(step(), STOP_MS);
    } catch (error) {
      this.#around.log('stop() failed', { error: String(error) });
    }
    this.end();
  }

  /** The process is gone. */
  end(): void {
    this.#ended = true;
    this.#speaks = false;
    this.#stopTimers();
  }

  /** Runs `run`: later if the node is frozen, never if the instance ended. */
  enter(run: () => void): void {
    this.#around.whenAwake(() => void (this.#ended || run()));
  }

  /** A step of its life may take real time, which here passes for all. */
  async #within(step: Promise<void>, what: string): Promise<void> {
    if (await this.#settled(step, STEP_MS)) return;
    const why = 'only the time of the context passes here, so what waits for anything else never ends';
    throw new Error(`${what} of ${this.deployment} did not end within ${STEP_MS} ms (${why})`);
  }

  /** Whether it settled in time; throws what it rejected with. */
  async #settled(step: Promise<void>, withinMs: number): Promise<boolean> {
    const progress = { over: false };
    const mark = (): void => void (progress.over = true);
    step.then(mark, mark);
    await this.#around.time.settle();
    for (let passedMs = 0; !progress.over && passedMs < withinMs; passedMs += 10) await this.#around.time.advance(10);
    if (progress.over) await step;
    return progress.over;
  }

  #context(): ModuleContext {
    const { peer, incarnation, instanceId, deployment, settings, intervalMs, time, random, wallMs, others, log } = this.#around;
    return {
      self: Object.freeze({ ...peer }),
      incarnation,
      instanceId,
      module: 'module',
      deployment,
      settings,
      intervalMs,
      now: wallMs,
      random: random.next,
      every: (everyMs, task) => this.#every(everyMs, task),
      after: (delayMs, task) => {
        checkTimer('after', delayMs, task);
        return this.#timer(time, (again) => again(delayMs, () => this.#perform(task)));
      },
      peers: (count) => random.sample(others(), count),
      exchange: async (to, body) => this.#exchange(to, body),
      log,
    };
  }

  async #exchange(to: Peer, body: Json): Promise<Json> {
    if (!this.#speaks) throw new ExchangeError('refused', NOT_SERVING);
    const peer = checkPeer(to);
    const message = messageText(body);
    checkOpen(this.#open);
    this.#open++;
    try {
      return await this.#around.exchange(this, peer, message, new CallSite());
    } finally {
      this.#open--;
    }
  }

  /** As in a real node, a round does not wait for the one before; a frozen node makes up for one round, not for all. */
  #every(everyMs: number, task: () => unknown): Timer {
    checkTimer('every', everyMs, task);
    return this.#timer(this.#around.time, (again) => {
      const round = (): void => {
        again(everyMs, round);
        this.#perform(task);
      };
      again(everyMs, round);
    });
  }

  /** A timer under the clock of the network that ends with the instance. */
  #timer(time: VirtualTime, begin: (again: (delayMs: number, run: () => void) => void) => void): Timer {
    let cancel = (): void => {};
    const stop = (): void => {
      this.#timers.delete(stop);
      cancel();
      cancel = () => {};
    };
    begin((delayMs, run) => {
      this.#timers.add(stop);
      cancel = time.after(delayMs, () => {
        this.enter(() => {
          if (!this.#timers.delete(stop)) return;
          run();
        });
      });
    });
    return { stop };
  }

  #stopTimers(): void {
    for (const stop of this.#timers) stop();
  }

  #perform(task: () => unknown): void {
    const performed = async (): Promise<unknown> => task();
    performed().catch((error: unknown) => this.#around.log('a task failed', { error: String(error) }));
  }
}
