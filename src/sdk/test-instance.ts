/** One instance on a `TestNode`: the module, its context, and the steps of its life, as a host has them. */
import { checkClass, checkInstance, givenState, ownState } from './border.ts';
import type { Said } from './content.ts';
import { InstanceContext } from './instance-context.ts';
import type { Surroundings } from './instance-context.ts';
import { STEP_MS, STOP_MS } from './limits.ts';
import type { GossipModule, ModuleClass, Peer, StopReason } from './module.ts';
import type { VirtualTime } from './virtual/virtual-time.ts';

/** An exchange that an instance asks its network for. */
export interface Asked {
  readonly token: number;
  readonly to: Peer;
  readonly message: Said;
}

/** What an instance needs of its node. */
export interface InstanceSurroundings extends Omit<Surroundings, 'after' | 'ask'> {
  readonly time: VirtualTime;
  /** Runs now, or when the node thaws. */
  readonly whenAwake: (run: () => void) => void;
  readonly ask: (from: TestInstance, asked: Asked) => void;
}

export class TestInstance {
  readonly deployment: string;
  readonly context: InstanceContext;
  readonly #around: InstanceSurroundings;
  #module: GossipModule | undefined;

  constructor(around: InstanceSurroundings) {
    this.#around = around;
    this.deployment = around.deployment;
    this.context = new InstanceContext({
      ...around,
      after: (delayMs, run) => around.time.after(delayMs, () => this.enter(run)),
      ask: (token, to, message) => around.ask(this, { token, to, message }),
    });
  }

  get module(): GossipModule {
    if (this.#module === undefined) throw new Error('the instance is not constructed');
    return this.#module;
  }

  construct(Module: ModuleClass): GossipModule {
    checkClass(Module);
    const module = new Module(this.context.forModule);
    checkInstance(module);
    this.#module = module;
    return module;
  }

  async accept(state: Said): Promise<void> {
    const step = async (): Promise<void> => this.module.acceptState(ownState(givenState(state)));
    await this.#within(step(), 'acceptState');
  }

  async activate(): Promise<void> {
    this.context.serve();
    // A class that does not extend the SDK's has only what it must have.
    const step = async (): Promise<void> => this.#module?.start?.();
    await this.#within(step(), 'start');
  }

  /** Its last words, for as long as it may take for them. */
  async stop(reason: StopReason): Promise<void> {
    if (this.context.ended) return;
    this.context.stopping(reason);
    try {
      const step = async (): Promise<void> => this.#module?.stop?.(reason);
      await this.#settled(step(), STOP_MS);
    } catch (error) {
      this.#around.log('stop() failed', { error: String(error) }, 'error');
    }
    this.context.end();
  }

  /** A connection to the peer was lost. */
  lost(peer: Peer): void {
    this.enter(() => {
      this.context.lost(peer);
    });
  }

  /** Runs `run`: later if the node is frozen, never if the instance ended. */
  enter(run: () => void): void {
    this.#around.whenAwake(() => void (this.context.ended || run()));
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
}
