/**
 * What every module must hold to be updated and repaired live, as a list of checks for any test runner.
 *
 * ```ts
 * import { test } from 'node:test'; // with vitest: import { it as test } from 'vitest';
 * import { contractSuite } from 'gossip/sdk/contract';
 * import Counter from '../src/index.ts';
 *
 * for (const { name, run } of contractSuite(Counter)) test(name, run);
 * ```
 *
 * Nothing waits for real time: the checks run on a `TestNetwork`, which is exported for tests of a module's own.
 */
import { takesRequests } from './border-applications.ts';
import type { ContractOptions } from './contract-options.ts';
import { watchWorld } from './culprits.ts';
import type { Said } from './content.ts';
import { checkJson, checkPrototype, checkShown, checkState, demand, demandEnd, sameState, shortly, throwsError } from './demands.ts';
import { bend, hostileBodies, hostileStates } from './hostile.ts';
import type { Body, JsonObject } from './json.ts';
import type { GossipModule, ModuleClass, Peer } from './module.ts';
import { UseFault } from './test-uses.ts';
import { TestNetwork } from './test-context.ts';
import type { TestNetworkOptions } from './test-context.ts';
import type { TestNode } from './test-node.ts';
import { seededRandom } from './virtual/virtual-time.ts';

export type { ContractOptions } from './contract-options.ts';
export { TestNetwork } from './test-context.ts';
export type { TestExchange, TestNetworkOptions } from './test-context.ts';
export type { TestNode, TestNodeOptions } from './test-node.ts';
export type { TestEvent, TestLogLine } from './test-told.ts';
export { seededRandom, VirtualTime } from './virtual/virtual-time.ts';

/** One check, for any test runner: `test(name, run)`. */
export interface ContractCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}

const NO_WAY_BACK =
  'the version before does not take the state back, so a rollback without --scrub would be held; ' +
  'where that is meant so, contractSuite(…, { rollback: false }) leaves it out';
/** Bent messages that an instance must survive. */
const BENT_MESSAGES = 500;
/** After so many hostile messages another instance is handed the state. */
const STATE_TAKEN_EVERY = 50;
/** A state may not grow by more than this through hostile messages. */
const MAX_GROWTH = 4 * 1_024 * 1_024;

/** The checks that every module must pass to be updated and repaired live. */
export function contractSuite(Module: ModuleClass, options: ContractOptions = {}): ContractCheck[] {
  const { previous, deterministic = true } = options;
  const check = (name: string, run: (contract: Contract) => Promise<void>): ContractCheck => ({
    name,
    run: () => new Contract(Module, options).run(run),
  });
  return [
    check('starts, shows itself and stops', (contract) => contract.lives()),
    check('hands its state over without changing it', (contract) => contract.handsOver()),
    check('takes a state over, and hands the same one on', (contract) => contract.takesOver()),
    check('refuses what is not a state by throwing', (contract) => contract.refusesStates()),
    check('survives hostile messages', (contract) => contract.survivesHostility()),
    check('answers applications or refuses, whatever they ask', (contract) => contract.survivesRequests()),
    check('gossips, also under loss', (contract) => contract.gossips()),
    check('is updated live while it gossips', (contract) => contract.isUpdatedLive()),
    ...(previous === undefined
      ? []
      : [check('takes over from the version before, and gives back', (contract) => contract.followsAndReturns(previous))]),
    ...(deterministic !== false ? [check('takes time and chance from its context alone', (contract) => contract.isDeterministic())] : []),
    check('does not pile up timers', (contract) => contract.keepsFewTimers()),
  ];
}

class Contract {
  readonly #Module: ModuleClass;
  readonly #options: ContractOptions;
  readonly #runMs: number;
  readonly #settings: { readonly settings: JsonObject };
  readonly #networks: TestNetwork[] = [];

  constructor(Module: ModuleClass, options: ContractOptions) {
    this.#Module = Module;
    this.#options = options;
    this.#runMs = options.runMs ?? 60_000;
    this.#settings = { settings: options.settings ?? {} };
  }

  /** Runs one check; whatever came of it, no instance is left running with timers of its own. */
  async run(check: (contract: this) => Promise<void>): Promise<void> {
    try {
      await check(this);
    } finally {
      for (const network of this.#networks) await network.end();
    }
  }

  async lives(): Promise<void> {
    const network = await this.#network(1);
    const [node] = network.nodes as [TestNode];
    await checkShown(node.module, 'before the first round');
    await network.advance(this.#runMs);
    await checkShown(node.module, 'after some rounds');
    await node.stop();
    await network.advance(this.#runMs);
  }

  async handsOver(): Promise<void> {
    const network = await this.#network(3);
    await network.advance(this.#runMs);
    for (const { module } of network.nodes) {
      const [shown, first] = [await checkShown(module, 'after some rounds'), checkState(module)];
      demand(sameState(checkState(module), first), 'transferState() gives another state when it is called again');
      demand((await checkShown(module, 'after transferState()')) === shown, 'transferState() changes what inspect() shows');
    }
  }

  async takesOver(): Promise<void> {
    const network = await this.#network(3);
    await network.advance(this.#runMs);
    for (const { module } of network.nodes) {
      const state = checkState(module);
      const second = await this.#accepting(network, state);
      await checkShown(second, 'after acceptState()');
      const third = await this.#accepting(network, checkState(second));
      demand(sameState(checkState(third), checkState(second)), 'a state changes each time it is handed over');
    }
  }

  async refusesStates(): Promise<void> {
    const network = await this.#network(1);
    const [{ module }] = network.nodes as [TestNode];
    const malformed = this.#options.stateless === true ? [] : hostileStates(checkState(module));
    for (const state of [...malformed, ...(this.#options.refusedStates ?? [])]) {
      const instance = network.construct(this.#Module, this.#settings);
      const told = `acceptState(${shortly(state)}) does not throw an Error: check what comes, as parseState does`;
      demand(
        await throwsError(async () => instance.acceptState(state)),
        `${told}; a module without state says contractSuite(…, { stateless: true })`,
      );
    }
    checkPrototype();
  }

  async survivesHostility(): Promise<void> {
    const { network, honest } = await this.#observed();
    const [node, other] = network.nodes as [TestNode, TestNode];
    const before = checkState(node.module).length;
    const random = seededRandom(7);
    const bent =
      honest.length === 0 ? [] : Array.from({ length: BENT_MESSAGES }, (_, count) => bend(honest[count % honest.length] ?? null, random));
    for (const [place, body] of [...hostileBodies(), ...bent].entries()) {
      await this.#deliver(network, node, body, other.peer);
      checkPrototype();
      // What one message spoils the next may mend.
      if (place % STATE_TAKEN_EVERY === 0) await this.#accepting(network, checkState(node.module));
    }
    const state = checkState(node.module);
    const unit = typeof state === 'string' ? 'characters' : 'bytes';
    demand(state.length < before + MAX_GROWTH, `hostile messages let the state grow to ${state.length} ${unit}`);
    await checkShown(node.module, 'after hostile messages');
    await this.#accepting(network, state);
    let answered = 0;
    network.onExchange = ({ to }) => void (answered += Number(to.id === node.peer.id));
    await network.advance(this.#runMs);
    demand(this.#options.gossips === false || answered > 0, 'after hostile messages the instance answers nobody');
  }

  /** Of a module that takes none, nothing is asked. */
  async survivesRequests(): Promise<void> {
    const network = await this.#network(1);
    const [node] = network.nodes as [TestNode];
    if (!takesRequests(node.module)) return;
    for (const body of hostileBodies()) {
      // What a node gives up did not end.
      const ended = node.request(body).catch((error: unknown) => (error instanceof UseFault ? new Promise(() => {}) : null));
      await demandEnd(network, ended, `a request of ${shortly(body)}`);
      checkPrototype();
    }
    await this.#accepting(network, checkState(node.module));
  }

  async gossips(): Promise<void> {
    const network = await this.#network(3, { loss: 0.3 });
    const heard = new Set<string>();
    network.onExchange = ({ from, to, request, answer }) => {
      heard.add(from.id).add(to.id);
      if (!(request instanceof Uint8Array)) checkJson(request, 'a message');
      if (!(answer instanceof Uint8Array)) checkJson(answer, 'an answer');
    };
    await network.advance(2 * this.#runMs);
    // Whoever has fallen silent by now gave up.
    heard.clear();
    await network.advance(this.#runMs);
    demand(this.#options.gossips === false || heard.size === 3, `${heard.size} of 3 instances exchange messages at 30 % loss`);
    for (const { module } of network.nodes) await checkShown(module, 'under loss');
  }

  async isUpdatedLive(): Promise<void> {
    const network = await this.#network(3);
    await network.advance(this.#runMs);
    await this.#updateAll(network, this.#Module, 'd2');
    await this.#stillGossip(network, 'after a live update');
  }

  async followsAndReturns(Previous: ModuleClass): Promise<void> {
    const network = await this.#network(3, {}, Previous);
    await network.advance(this.#runMs);
    await this.#updateAll(network, this.#Module, 'd2', 'this version does not take over from the one before, so the update would be held');
    await this.#stillGossip(network, 'after the update from the version before');
    if (this.#options.rollback === false) return;
    await this.#updateAll(network, Previous, 'd3', NO_WAY_BACK);
    await this.#stillGossip(network, 'after the rollback to the version before');
    await this.#updateAll(network, this.#Module, 'd4');
    await this.#stillGossip(network, 'after the update that follows a rollback');
  }

  async #updateAll(network: TestNetwork, Module: ModuleClass, deployment: string, held = 'the update would be held'): Promise<void> {
    for (const node of network.nodes) {
      await node.update(Module, { deployment }).catch((cause: unknown) => {
        throw new Error(`${held}: ${String(cause)}`, { cause });
      });
      await checkShown(node.module, `after the update to ${deployment}`);
      await network.advance(this.#runMs / 10);
    }
  }

  async #stillGossip(network: TestNetwork, when: string): Promise<void> {
    const heard = new Set<string>();
    network.onExchange = ({ from, to }) => void heard.add(from.id).add(to.id);
    await network.advance(this.#runMs);
    demand(this.#options.gossips === false || heard.size === 3, `${when} ${heard.size} of 3 instances exchange messages`);
  }

  async isDeterministic(): Promise<void> {
    const states: Said[][] = [];
    const culprits = await watchWorld(async () => {
      for (let run = 0; run < 2; run++) {
        const network = await this.#network(3, { loss: 0.1, seed: 42 });
        await network.advance(this.#runMs);
        states.push(network.nodes.map(({ module }) => checkState(module)));
      }
    });
    const [culprit] = culprits;
    const only = this.#options.deterministic === 'outcome';
    demand(
      only || culprit === undefined,
      `${culprit}; where that is meant so, contractSuite(…, { deterministic: 'outcome' }) only looks whether two runs end the same, and false leaves this check out`,
    );
    const same = states[0]?.every((state, at) => sameState(state, states[1]?.[at] ?? '')) === true;
    demand(same, 'two runs with the same time and chance end in different states');
  }

  async keepsFewTimers(): Promise<void> {
    const network = await this.#network(2, { loss: 0.3 });
    await network.advance(this.#runMs);
    const early = network.nodes.map(({ timers }) => timers);
    await network.advance(9 * this.#runMs);
    for (const [index, { timers }] of network.nodes.entries()) {
      demand(timers <= 2 * (early[index] ?? 0) + 16, `an instance has ${timers} timers, and had ${early[index]} earlier`);
    }
  }

  async #network(count: number, options: TestNetworkOptions = {}, Module = this.#Module): Promise<TestNetwork> {
    const network = new TestNetwork(options);
    this.#networks.push(network);
    for (let added = 0; added < count; added++) await network.add(Module, this.#settings);
    return network;
  }

  /** Two instances that gossiped, and what they said. */
  async #observed(): Promise<{ network: TestNetwork; honest: Body[] }> {
    const network = await this.#network(2);
    const honest: Body[] = [];
    network.onExchange = ({ request }) => void (honest.length < 100 && honest.push(request));
    await network.advance(this.#runMs);
    return { network, honest };
  }

  /** Delivers a body; the instance may refuse it by throwing, but must come to an end. */
  async #deliver(network: TestNetwork, node: TestNode, body: Body, from: Peer): Promise<void> {
    await demandEnd(network, network.deliver(node, body, from), shortly(body));
  }

  async #accepting(network: TestNetwork, state: Said): Promise<GossipModule> {
    const instance = network.construct(this.#Module, this.#settings);
    await instance.acceptState(state);
    return instance;
  }
}
