/**
 * A network of module instances in memory, with virtual time and one seed: what happens is the same on every run.
 *
 * ```ts
 * const network = new TestNetwork({ seed: 1, loss: 0.1 });
 * const a = await network.add(Counter);
 * const b = await network.add(Counter);
 * await network.until('both agree', () => total(a) === total(b));
 * ```
 */
import type { Json } from './json.ts';
import { ExchangeError } from './module.ts';
import type { GossipModule, ModuleClass, Peer } from './module.ts';
import { TestNode } from './test-node.ts';
import type { TestNodeOptions, TestWorld } from './test-node.ts';
import { seededRandom, VirtualTime } from './virtual-time.ts';

export interface TestNetworkOptions {
  /** Default 1. */
  readonly seed?: number;
  /** How often a request, and again its answer, is lost: 0 to 1, default 0. */
  readonly loss?: number;
  /** Range of a one-way delay; default 1 to 20. */
  readonly latencyMs?: { readonly min: number; readonly max: number };
  /** When an exchange without an answer is given up; default 2,000. */
  readonly timeoutMs?: number;
}

/** An exchange as it was answered, for checks on the traffic. */
export interface TestExchange {
  readonly from: Peer;
  readonly to: Peer;
  readonly request: Json;
  readonly answer: Json;
}

export class TestNetwork {
  /** How often a request, and again its answer, is lost; may be changed at any time. */
  loss: number;
  /** Called with every exchange that was answered. */
  onExchange: (exchange: TestExchange) => void = () => {};
  readonly nodes: TestNode[] = [];
  readonly random: () => number;
  readonly #time = new VirtualTime();
  readonly #latencyMs: { readonly min: number; readonly max: number };
  readonly #timeoutMs: number;
  #made = 0;
  #separated: (from: TestNode, to: TestNode) => boolean = () => false;

  constructor(options: TestNetworkOptions = {}) {
    this.loss = options.loss ?? 0;
    this.random = seededRandom(options.seed ?? 1);
    this.#latencyMs = options.latencyMs ?? { min: 1, max: 20 };
    this.#timeoutMs = options.timeoutMs ?? 2_000;
  }

  /** Milliseconds since the network began. */
  get now(): number {
    return this.#time.now;
  }

  /** Adds a node that runs `Module`; every core knows every node. */
  async add(Module: ModuleClass, options: TestNodeOptions = {}): Promise<TestNode> {
    const node = this.#node(options);
    this.nodes.push(node);
    await node.start(Module, options.state);
    return node;
  }

  /** An instance that was constructed and nothing else; nobody knows it. */
  construct(Module: ModuleClass, options: TestNodeOptions = {}): GossipModule {
    return this.#node(options).construct(Module);
  }

  async advance(ms: number): Promise<void> {
    await this.#time.advance(ms);
  }

  /** Advances in steps of `stepMs` until `holds`, or fails after `deadlineMs`. Returns how long it took. */
  async until(what: string, holds: () => boolean, { deadlineMs = 600_000, stepMs = 100 } = {}): Promise<number> {
    const begin = this.now;
    while (!holds()) {
      if (this.now - begin >= deadlineMs) throw new Error(`within ${deadlineMs} ms of virtual time it did not happen that ${what}`);
      await this.advance(stepMs);
    }
    return this.now - begin;
  }

  /** From now on nothing passes from `from` to `to` where this says so. Without an argument everything heals. */
  separate(separated: (from: TestNode, to: TestNode) => boolean = () => false): void {
    this.#separated = separated;
  }

  /** Delivers a body to a node's instance as if `from` had sent it, and resolves with the answer as it would arrive. */
  async deliver(to: TestNode, body: Json, from: Peer): Promise<Json> {
    return decode(encode(await to.module.receive(decode(encode(body)), from)));
  }

  #node(options: TestNodeOptions): TestNode {
    const order = ++this.#made;
    const id = order.toString(16).padStart(8, '0').repeat(8);
    const address = `10.0.${Math.floor(order / 250)}.${(order % 250) + 1}:7946`;
    const world: TestWorld = {
      time: this.#time,
      random: this.random,
      others: (node) => this.nodes.filter((other) => other !== node).map((other) => other.peer),
      exchange: (from, to, body) => this.#exchange(from, to, body),
    };
    return new TestNode(world, { id, address, name: options.name ?? `node${order}` }, options);
  }

  #exchange(from: TestNode, to: Peer, body: Json): Promise<Json> {
    return new Promise((resolve, reject) => {
      const request = encode(body);
      let open = true;
      const settle = (run: () => void): void =>
        from.enter(() => {
          if (open) run();
          open = false;
        });
      const fail = (reason: ExchangeError['reason']) => settle(() => reject(new ExchangeError(reason, `${to.name}: ${reason}`)));
      const cancel = this.#time.after(this.#timeoutMs, () => fail('timeout'));
      this.#request(from, to, request, (outcome) => {
        cancel();
        if (!('answer' in outcome)) return fail(outcome.failure);
        settle(() => resolve(decode(outcome.answer)));
        this.onExchange({ from: from.peer, to, request: decode(request), answer: decode(outcome.answer) });
      });
    });
  }

  /** Carries a request there and its outcome back; either may be lost. */
  #request(from: TestNode, to: Peer, request: string, done: (outcome: Outcome) => void): void {
    const target = this.nodes.find((node) => node.peer.id === to.id);
    const back = (outcome: Outcome): void => this.#carry(target, from, () => done(outcome));
    this.#carry(from, target, () => {
      if (target === undefined || !target.alive) return back({ failure: 'unreachable' });
      target.enter(() => {
        if (target.deployment !== from.deployment) return back({ failure: 'mismatch' });
        const answered = Promise.resolve().then(() => target.module.receive(decode(request), from.peer));
        answered.then(encode).then(
          (answer) => target.enter(() => back({ answer })),
          (error: unknown) => {
            target.log('a message was refused', { error: String(error) });
            back({ failure: 'failed' });
          },
        );
      });
    });
  }

  #carry(from: TestNode | undefined, to: TestNode | undefined, arrive: () => void): void {
    const lost = this.random() < this.loss || (from !== undefined && to !== undefined && this.#separated(from, to));
    const { min, max } = this.#latencyMs;
    const delayMs = min + (max - min) * this.random();
    if (!lost) this.#time.after(delayMs, arrive);
  }
}

type Outcome = { readonly answer: string } | { readonly failure: ExchangeError['reason'] };

/** Bodies really are encoded and decoded: nothing but JSON passes, and nothing is shared. */
function encode(body: Json): string {
  const text: string | undefined = JSON.stringify(body);
  if (text === undefined) throw new TypeError('a body must be JSON');
  return text;
}

function decode(text: string): Json {
  return JSON.parse(text) as Json;
}
