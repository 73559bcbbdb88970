/** One node of a `TestNetwork`: a module instance, and the faults that can happen to it. */
import { givenState, ownState, requestOf } from './border.ts';
import { valueOf } from './border-applications.ts';
import type { PublishedEvent, Said } from './content.ts';
import type { Body, Json, JsonObject } from './json.ts';
import { START_USE_MS } from './limits.ts';
import { lineLevel, type LineLevel } from './log-level.ts';
import type { GossipModule, ModuleClass, Peer, StopReason } from './module.ts';
import { TestInstance } from './test-instance.ts';
import type { Asked } from './test-instance.ts';
import { TestRequests } from './test-requests.ts';
import { TEST_WAIT_MS, testUses, TestWatchers } from './test-uses.ts';
import type { Beside } from './test-uses.ts';
import type { TestEvent, TestLogLine } from './test-told.ts';
import type { Random } from './virtual/random.ts';
import type { VirtualTime } from './virtual/virtual-time.ts';
import { BEGINNING_MS } from './virtual/scheduler.ts';

/** What a node of a `TestNetwork` runs, and how. */
export interface TestNodeOptions {
  /** Default `node1`, `node2`, … */
  readonly name?: string;
  /** Settings of the deployment; default none. */
  readonly settings?: JsonObject;
  /** Handed to `acceptState` before the start. */
  readonly state?: string | Uint8Array;
  /** Name of the deployment; instances of different ones do not reach each other. Default `d1`. */
  readonly deployment?: string;
  /** The node's own gossip round in milliseconds; default 1,000. */
  readonly intervalMs?: number;
  /** The name that it is deployed under; default `module`. Messages pass between modules of one name. */
  readonly module?: string;
  /** The other modules that it uses, as module.json names them; default none. They run beside it: see `on`. */
  readonly uses?: readonly string[];
  /** Runs it beside this one, on the same node: another module, which the two may use of each other. */
  readonly on?: TestNode;
  /** How far this node's clock is off, in milliseconds; default 0. */
  readonly clockOffsetMs?: number;
}

/** What a node needs of the network around it. */
export interface TestWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  /** 32 hex digits that no other instance of the network has. */
  readonly newInstanceId: () => string;
  /** Nodes that the core of `node` knows. */
  others(node: TestNode): Peer[];
  /** The process of `node` is gone, and with it the connections to it. */
  ended(node: TestNode): void;
  exchange(from: TestNode, instance: TestInstance, asked: Asked): void;
  /** Another module on the node of this one. */
  beside(node: TestNode, module: string): TestNode | undefined;
  /** When an exchange without an answer is given up. */
  readonly giveUpMs: number;
}

/** Lines of `logs`, and events, that are kept. */
const MAX_LOG_LINES = 1_000;

/** A node of a `TestNetwork`, and the instance of the module that runs on it. */
export class TestNode {
  readonly peer: Peer;
  /** The name of its module. */
  readonly name: string;
  /** The latest log lines; a task of a timer that threw is one of them. */
  readonly logs: TestLogLine[] = [];
  /** The latest events that its instances published. */
  readonly events: TestEvent[] = [];
  /** Other modules that watch this one. */
  readonly watchers = new TestWatchers();
  incarnation = 1;
  deployment: string;
  settings: JsonObject;
  readonly #world: TestWorld;
  readonly #intervalMs: number;
  readonly #clockOffsetMs: number;
  readonly #uses: readonly string[];
  #instance: TestInstance | undefined;
  /** Instances that are on their way to run. */
  readonly #starting = new Set<TestInstance>();
  /** What applications, and other modules on the node, ask. */
  readonly #requests: TestRequests;
  /** What waits for a frozen node; undefined while it runs. */
  #waiting: (() => void)[] | undefined;

  constructor(world: TestWorld, peer: Peer, options: TestNodeOptions) {
    this.#world = world;
    this.#requests = new TestRequests(world.time, () => this.#instance);
    this.peer = peer;
    this.name = options.module ?? 'module';
    this.#uses = options.uses ?? [];
    this.deployment = options.deployment ?? 'd1';
    this.settings = options.settings ?? {};
    this.#intervalMs = options.intervalMs ?? 1_000;
    this.#clockOffsetMs = options.clockOffsetMs ?? 0;
  }

  /** Whether an instance runs, frozen or not. */
  get alive(): boolean {
    return this.#instance !== undefined;
  }

  /** Whether an instance is on its way to run. */
  get starting(): boolean {
    return this.#starting.size > 0;
  }

  get frozen(): boolean {
    return this.#waiting !== undefined;
  }

  /** Timers of the present instance that have not fired or been stopped. */
  get timers(): number {
    return this.#instance?.context.timers ?? 0;
  }

  get module(): GossipModule {
    return this.instance.module;
  }

  /** The instance that serves. */
  get instance(): TestInstance {
    if (this.#instance === undefined) throw new Error(`${this.peer.name} runs no instance`);
    return this.#instance;
  }

  construct(Module: ModuleClass): GossipModule {
    return this.#make(this.deployment, this.settings).construct(Module);
  }

  /** Makes an instance, hands it the state if there is one, and starts it. Rejects where it cannot; then nothing runs. */
  async start(Module: ModuleClass, state?: string | Uint8Array): Promise<void> {
    this.#instance = await this.#requests.during(this.#begin(Module, { deployment: this.deployment, settings: this.settings, state }));
  }

  /** An orderly end: `stop` with its last words, then the process is gone. */
  async stop(reason: StopReason = 'shutdown'): Promise<void> {
    const { instance } = this;
    await instance.stop(reason);
    if (this.#instance === instance) this.#end();
    if (reason === 'removed') this.watchers.close();
  }

  /** The process is gone: timers, requests under way and all memory with it. Those that kept a connection to it hear of that. */
  crash(): void {
    if (this.alive) this.#world.ended(this);
    this.#end();
  }

  /** A connection to the peer was lost. */
  lost(peer: Peer): void {
    this.#instance?.lost(peer);
  }

  #end(): void {
    for (const { context } of this.#starting) context.end();
    this.#instance?.context.end();
    this.#instance = undefined;
    this.#waiting = undefined;
  }

  /**
   * A live update: the new instance takes the old one's state over. Where it cannot load, accept or start, or the old one gives no
   * state, the old one goes on, and this rejects.
   */
  async update(Module: ModuleClass, options: { readonly deployment?: string; readonly settings?: JsonObject } = {}): Promise<void> {
    const old = this.instance;
    const { deployment = this.deployment, settings = this.settings } = options;
    // What was asked is answered before the state is taken, and what is asked meanwhile waits.
    const state = async (): Promise<Said> => {
      await this.#requests.answered();
      return ownState(givenState(old.module.transferState()));
    };
    this.#instance = await this.#requests.during(this.#begin(Module, { deployment, settings, state }));
    Object.assign(this, { deployment, settings });
    await old.stop('update');
  }

  /** A restart of the whole node, with a higher incarnation. */
  async restart(Module: ModuleClass, state?: string | Uint8Array): Promise<void> {
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
    this.#instance?.enter(run);
  }

  /**
   * Asks the instance as an application on the node's machine does; resolves with the answer as it arrives, and rejects with what the module threw. While an update
   * is under way it waits for the successor.
   */
  async request(body: Body): Promise<Body> {
    // What is asked travels, and so does the answer: nothing is shared.
    const said = requestOf(body);
    return valueOf(await this.#requests.ask(() => this.instance, said));
  }

  /** How other modules on the node reach it. */
  get forOthers(): Beside {
    return this.#requests.forOthers(this.name, this.watchers);
  }

  #published(event: PublishedEvent): void {
    const { topic, text } = event;
    this.watchers.publish(event);
    this.events.push({ topic, event: JSON.parse(text) as Json });
    if (this.events.length > MAX_LOG_LINES) this.events.shift();
  }

  log(message: string, fields: JsonObject = {}, level: LineLevel = 'info'): void {
    this.logs.push({ message, fields, level: lineLevel(level) });
    if (this.logs.length > MAX_LOG_LINES) this.logs.shift();
  }

  /** An instance that was loaded, took the state, and started; whoever cannot is gone. */
  async #begin(
    Module: ModuleClass,
    {
      deployment,
      settings,
      state,
    }: { readonly deployment: string; readonly settings: JsonObject; readonly state: Said | (() => Promise<Said>) | undefined },
  ): Promise<TestInstance> {
    const instance = this.#make(deployment, settings);
    this.#starting.add(instance);
    try {
      instance.construct(Module);
      const given = typeof state === 'function' ? await state() : state;
      if (given !== undefined) await instance.accept(given);
      await instance.activate();
      if (instance.context.ended) throw new Error('the instance ended while it started');
      return instance;
    } catch (error) {
      instance.context.end();
      throw error;
    } finally {
      this.#starting.delete(instance);
    }
  }

  #make(deployment: string, settings: JsonObject): TestInstance {
    const { time, random, newInstanceId, giveUpMs } = this.#world;
    const uses = testUses({
      names: this.#uses,
      module: this.name,
      beside: (module) => this.#world.beside(this, module)?.forOthers,
      time,
      enter: (run) => instance.enter(() => run(instance.context.uses)),
      patienceMs: () => (this.#starting.has(instance) ? START_USE_MS : TEST_WAIT_MS),
    });
    const instance: TestInstance = new TestInstance({
      uses,
      self: this.peer,
      incarnation: this.incarnation,
      instanceId: newInstanceId(),
      module: this.name,
      deployment,
      // Each has its own copy, as from a signed record.
      settings: JSON.parse(JSON.stringify(settings)) as JsonObject,
      intervalMs: this.#intervalMs,
      time,
      random: random.next,
      giveUpMs,
      now: () => BEGINNING_MS + time.now + this.#clockOffsetMs,
      monotonic: () => time.now,
      whenAwake: (run) => (this.#waiting === undefined ? run() : void this.#waiting.push(run)),
      peers: () => ({ near: this.#world.others(this), others: [] }),
      strain: () => 1,
      ask: (from, asked) => this.#world.exchange(this, from, asked),
      log: (message, fields, level) => this.log(message, fields, level),
      publish: (event) => this.#published(event),
      taskFailed: (error) => this.log('a task failed', { error: String(error) }, 'error'),
    });
    return instance;
  }
}
