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
import { answerOf, bodyOf, messageOf } from './border.ts';
import type { Said } from './content.ts';
import type { Body, Json } from './json.ts';
import { ANSWER_MS, STOP_MS } from './limits.ts';
import type { ExchangeError, GossipModule, ModuleClass, Peer } from './module.ts';
import type { Asked, TestInstance } from './test-instance.ts';
import { TestNode } from './test-node.ts';
import type { TestNodeOptions, TestWorld } from './test-node.ts';
import { KeptConnections } from './virtual/kept-connections.ts';
import type { Random } from './virtual/random.ts';
import { chanceOf, VirtualTime } from './virtual/virtual-time.ts';

/** How bad the network is. */
export interface TestNetworkOptions {
  /** Default 1. */
  readonly seed?: number;
  /** How often a request, and again its answer, is lost: 0 to 1, default 0. */
  readonly loss?: number;
  /** Range of a one-way delay; default 1 to 20. */
  readonly latencyMs?: { readonly min: number; readonly max: number };
  /** When an exchange without an answer is given up; default 5,000, as on a node. */
  readonly timeoutMs?: number;
}

/** An exchange as it was answered, for checks on the traffic. */
export interface TestExchange {
  readonly from: Peer;
  readonly to: Peer;
  readonly request: Body;
  readonly answer: Body;
}

/** Nodes in memory that run a module in virtual time, treated as real ones treat it: one seed, one course. */
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
  readonly #chance: Random;
  readonly #ids: Random;
  readonly #kept = new KeptConnections<TestNode>();
  readonly #constructed: GossipModule[] = [];
  #made = 0;
  #separated: (from: TestNode, to: TestNode) => boolean = () => false;

  constructor(options: TestNetworkOptions = {}) {
    this.loss = options.loss ?? 0;
    this.#chance = chanceOf(options.seed ?? 1);
    this.random = this.#chance.next;
    // Beside the other chance: how many instances there are changes nothing else.
    this.#ids = this.#chance.fork('instances');
    this.#latencyMs = options.latencyMs ?? { min: 1, max: 20 };
    this.#timeoutMs = options.timeoutMs ?? ANSWER_MS;
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
    this.#time.after(1, () => this.#meet(node));
    return node;
  }

  /** An instance that was constructed and nothing else; nobody knows it. */
  construct(Module: ModuleClass, options: TestNodeOptions = {}): GossipModule {
    const module = this.#node(options).construct(Module);
    this.#constructed.push(module);
    return module;
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

  /** Delivers a body to a node's instance as if `from` had sent it, and resolves with the answer as it would arrive: say where it is not JSON. */
  async deliver<Answer extends Body = Json>(to: TestNode, body: Body, from: Peer): Promise<Answer> {
    return bodyOf(answerOf('receive', await to.module.receive(bodyOf(messageOf(body)), from))) as Answer;
  }

  /** Stops every instance in order, also those that were only constructed: nothing of them is left running. */
  async end(): Promise<void> {
    for (const node of this.nodes) if (node.alive) await node.stop('shutdown');
    // No longer than a node would wait for it.
    for (const module of this.#constructed.splice(0)) await Promise.race([stopQuietly(module), this.#time.advance(STOP_MS)]);
  }

  #node(options: TestNodeOptions): TestNode {
    const order = ++this.#made;
    const id = order.toString(16).padStart(8, '0').repeat(8);
    const address = `10.0.${Math.floor(order / 250)}.${(order % 250) + 1}:7946`;
    const world: TestWorld = {
      time: this.#time,
      random: this.#chance,
      newInstanceId: () => this.#ids.hex(32),
      ended: (node) => this.#ended(node),
      others: (node) => this.nodes.filter((other) => other.name === node.name && other.peer.id !== node.peer.id).map((other) => other.peer),
      beside: (node, module) => this.nodes.find((other) => other.name === module && other.peer.id === node.peer.id),
      exchange: (from, instance, asked) => this.#exchange(from, instance, asked),
      giveUpMs: this.#timeoutMs,
    };
    return new TestNode(world, options.on?.peer ?? { id, address, name: options.name ?? `node${order}` }, options);
  }

  /** Every core gets to know every node. */
  #meet({ peer, name }: TestNode): void {
    const others = this.nodes.filter((other) => other.alive && other.name === name && other.peer.id !== peer.id);
    for (const other of others) other.enter(() => other.instance.context.peersChanged([], [peer]));
  }

  #ended(node: TestNode): void {
    for (const caller of this.#kept.to(node, this.now)) this.#carry(node, caller, () => caller.lost(node.peer));
  }

  #exchange(from: TestNode, instance: TestInstance, { token, to, message: request }: Asked): void {
    this.#request(from, instance, { to, request }, (outcome) => {
      instance.enter(() => {
        if ('answer' in outcome) instance.context.answered(token, outcome.answer);
        else instance.context.failed(token, outcome.failure, `${to.name}: ${outcome.why}`, outcome.gone);
      });
      if (!('answer' in outcome)) return;
      const called = this.nodes.find(({ peer, name }) => peer.id === to.id && name === from.name);
      if (called !== undefined) this.#kept.used(from, called, this.now);
      this.onExchange({ from: from.peer, to, request: bodyOf(request), answer: bodyOf(outcome.answer) });
    });
  }

  /** Carries a request there and its outcome back; either may be lost. */
  #request(
    from: TestNode,
    instance: TestInstance,
    { to, request }: { readonly to: Peer; readonly request: Said },
    done: (outcome: Outcome) => void,
  ): void {
    // Of itself a core knows no address to call.
    const target = this.nodes.find((node) => node.name === from.name && node.peer.id === to.id && to.id !== from.peer.id);
    const back = (outcome: Outcome): void => this.#carry(target, from, () => done(outcome));
    this.#carry(from, target, () => {
      if (target?.alive !== true) {
        if (target?.starting === true) return back({ failure: 'absent', why: 'absent' });
        // A machine whose process is gone says so; where nobody is known, nobody says anything.
        return back({ failure: 'unreachable', why: 'unreachable', gone: target !== undefined });
      }
      const receiver = target.instance;
      receiver.enter(() => {
        if (receiver.deployment !== instance.deployment) return back({ failure: 'mismatch', why: 'the peer runs another deployment' });
        const answered = Promise.resolve().then(() => receiver.module.receive(bodyOf(request), from.peer));
        answered
          .then((answer) => answerOf('receive', answer))
          .then(
            (answer) => receiver.enter(() => back({ answer })),
            (error: unknown) => {
              target.log('a message was refused', { error: String(error) });
              back({ failure: 'failed', why: String(error) });
            },
          );
      });
    });
  }

  #carry(from: TestNode | undefined, to: TestNode | undefined, arrive: () => void): void {
    const lost = this.#chance.chance(this.loss) || (from !== undefined && to !== undefined && this.#separated(from, to));
    const { min, max } = this.#latencyMs;
    const delayMs = this.#chance.between(min, max);
    if (!lost) this.#time.after(delayMs, arrive);
  }
}

type Outcome = { readonly answer: Said } | { readonly failure: ExchangeError['reason']; readonly why: string; readonly gone?: boolean };

/** What it says at its end is of no interest to whoever only wanted to construct it. */
async function stopQuietly(module: GossipModule): Promise<void> {
  try {
    await module.stop?.('shutdown');
  } catch {
    // It was never started: a `stop` that counts on that may fail.
  }
}
