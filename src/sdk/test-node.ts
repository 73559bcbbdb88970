/** One node of a `TestNetwork`: a module instance, its context, and what can befall it. */
import type { Json, JsonObject } from './json.ts';
import type { GossipModule, ModuleClass, ModuleContext, Peer, Timer } from './module.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface TestNodeOptions {
  /** Default `node1`, `node2`, … */
  readonly name?: string;
  /** Settings of the deployment; default none. */
  readonly settings?: JsonObject;
  /** Handed to `acceptState` before the start. */
  readonly state?: string;
  /** Name of the deployment; instances of different ones do not reach each other. Default `d1`. */
  readonly deployment?: string;
  /** How far this node's clock is off, in milliseconds; default 0. */
  readonly clockOffsetMs?: number;
}

/** What a node needs of the network around it. */
export interface TestWorld {
  readonly time: VirtualTime;
  readonly random: () => number;
  /** Nodes that the core of `node` knows. */
  others(node: TestNode): Peer[];
  exchange(from: TestNode, to: Peer, body: Json): Promise<Json>;
}

export interface TestLogLine {
  readonly message: string;
  readonly fields: JsonObject;
}

/** Some moment of the year 2023, from which virtual clocks count. */
const EPOCH_MS = 1_700_000_000_000;
/** Lines of `logs` that are kept. */
const MAX_LOG_LINES = 1_000;

export class TestNode {
  readonly peer: Peer;
  /** The latest log lines; a task of a timer that threw is one of them. */
  readonly logs: TestLogLine[] = [];
  incarnation = 1;
  deployment: string;
  settings: JsonObject;
  #world: TestWorld;
  #clockOffsetMs: number;
  #module: GossipModule | undefined;
  /** What waits for a frozen node; undefined while it runs. */
  #waiting: (() => void)[] | undefined;
  /** Stops of the timers of the present instance. */
  #timers = new Set<() => void>();

  constructor(world: TestWorld, peer: Peer, options: TestNodeOptions) {
    this.#world = world;
    this.peer = peer;
    this.deployment = options.deployment ?? 'd1';
    this.settings = options.settings ?? {};
    this.#clockOffsetMs = options.clockOffsetMs ?? 0;
  }

  /** Whether an instance runs, frozen or not. */
  get alive(): boolean {
    return this.#module !== undefined;
  }

  get frozen(): boolean {
    return this.#waiting !== undefined;
  }

  /** Timers of the present instance that have not fired or been stopped. */
  get timers(): number {
    return this.#timers.size;
  }

  get module(): GossipModule {
    if (this.#module === undefined) throw new Error(`${this.peer.name} runs no instance`);
    return this.#module;
  }

  construct(Module: ModuleClass): GossipModule {
    return new Module(this.#context());
  }

  /** Makes an instance, hands it the state if there is one, and starts it. */
  async start(Module: ModuleClass, state?: string): Promise<void> {
    const module = this.construct(Module);
    if (state !== undefined) module.acceptState(state);
    this.#module = module;
    await module.start();
  }

  /** An orderly end: `stop`, then the process is gone. */
  stop(): void {
    this.module.stop();
    this.crash();
  }

  /** The process is gone: timers, requests under way and all memory with it. */
  crash(): void {
    this.#module = undefined;
    this.#waiting = undefined;
    for (const stop of this.#timers) stop();
  }

  /** A live update: the new instance takes the old one's state over. */
  async update(Module: ModuleClass, options: { readonly deployment?: string; readonly settings?: JsonObject } = {}): Promise<void> {
    const state = this.module.transferState();
    this.stop();
    this.deployment = options.deployment ?? this.deployment;
    this.settings = options.settings ?? this.settings;
    await this.start(Module, state);
  }

  /** A restart of the whole node, with a higher incarnation. */
  async restart(Module: ModuleClass, state?: string): Promise<void> {
    if (this.alive) this.crash();
    this.incarnation++;
    await this.start(Module, state);
  }

  /** As SIGSTOP does it: nothing runs, and what arrives is not answered. */
  freeze(): void {
    this.#waiting ??= [];
  }

  /** As SIGCONT does it: everything that fell due meanwhile happens at once. */
  thaw(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const run of waiting) run();
  }

  /** Runs `run` in the present instance: later if the node is frozen, never if the instance ended. */
  enter(run: () => void): void {
    const module = this.#module;
    if (module === undefined) return;
    if (this.#waiting === undefined) run();
    else this.#waiting.push(() => void (this.#module === module && run()));
  }

  log(message: string, fields: JsonObject = {}): void {
    this.logs.push({ message, fields });
    if (this.logs.length > MAX_LOG_LINES) this.logs.shift();
  }

  #context(): ModuleContext {
    const { peer, incarnation, deployment, settings } = this;
    return {
      self: peer,
      incarnation,
      module: 'module',
      deployment,
      settings,
      now: () => EPOCH_MS + this.#world.time.now + this.#clockOffsetMs,
      random: this.#world.random,
      every: (intervalMs, task) => this.#every(intervalMs, task),
      after: (delayMs, task) => this.#timer((again) => again(delayMs, () => this.#perform(task))),
      peers: (count) => sample(this.#world.others(this), count, this.#world.random),
      exchange: (to, body) => this.#world.exchange(this, to, body),
      log: (message, fields) => this.log(message, fields),
    };
  }

  /** As in a real node, a round does not wait for the one before; a frozen node makes up for one round, not for all. */
  #every(intervalMs: number, task: () => unknown): Timer {
    return this.#timer((again) => {
      const round = (): void => {
        again(intervalMs, round);
        this.#perform(task);
      };
      again(intervalMs, round);
    });
  }

  /** A timer under the clock of the network that ends with the instance. */
  #timer(begin: (again: (delayMs: number, run: () => void) => void) => void): Timer {
    let cancel = (): void => {};
    const stop = (): void => {
      this.#timers.delete(stop);
      cancel();
      cancel = () => {};
    };
    this.#timers.add(stop);
    begin((delayMs, run) => {
      this.#timers.add(stop);
      cancel = this.#world.time.after(delayMs, () => {
        this.enter(() => {
          this.#timers.delete(stop);
          run();
        });
      });
    });
    return { stop };
  }

  #perform(task: () => unknown): void {
    const performed = async (): Promise<unknown> => task();
    performed().catch((error: unknown) => this.log('a task failed', { error: String(error) }));
  }
}

function sample(from: Peer[], count: number, random: () => number): Peer[] {
  const left = [...from];
  const drawn: Peer[] = [];
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}
