/** What instances of the shipped modules say to each other, and the states that they hand over. */
import { GossipError } from '../../../src/model/errors.ts';
import Aggregate from '../../../src/modules/aggregate/index.ts';
import Membership from '../../../src/modules/membership/index.ts';
import Registry from '../../../src/modules/registry/index.ts';
import { TestNetwork } from '../../../src/sdk/contract.ts';
import type { TestNode } from '../../../src/sdk/contract.ts';
import type { Json, JsonObject } from '../../../src/sdk/index.ts';
import { readJson } from '../../../src/sdk/json-text.ts';
import type { GossipModule, ModuleClass } from '../../../src/sdk/module.ts';
import { bytesOf, target, textOf } from '../target.ts';
import type { Target } from '../target.ts';

const REGISTRY_SETTINGS: JsonObject = { entries: { colour: 'red', shape: { corners: 4 } }, deletions: ['sound'] };
const REGISTRY_REQUESTS: readonly Json[] = [
  { op: 'get', key: 'colour' },
  { op: 'set', key: 'a', value: { b: [1] }, ttlMs: 60_000, ifVersion: null },
  { op: 'delete', key: 'shape' },
  { op: 'list', prefix: 's', after: 'a', limit: 2 },
];
const OBSERVED_MS = 10_000;
const ANSWER_MS = 60_000;
const MAX_SEEDS = 12;

/** Bodies that instances really sent, the first of each length, and the state that one of them came to. */
async function observe(Module: ModuleClass, settings: JsonObject): Promise<{ bodies: readonly Uint8Array[]; state: string }> {
  const network = new TestNetwork({ seed: 1, loss: 0.1 });
  const byLength = new Map<number, string>();
  network.onExchange = ({ request }) => {
    const text = JSON.stringify(request);
    if (!byLength.has(text.length)) byLength.set(text.length, text);
  };
  for (const deployment of ['d1', 'd1', 'd1']) await network.add(Module, { settings, deployment });
  await network.advance(OBSERVED_MS);
  const [node] = network.nodes as [TestNode, ...TestNode[]];
  return { bodies: [...byLength.values()].slice(0, MAX_SEEDS).map(bytesOf), state: String(node.module.transferState()) };
}

async function targetsOf(
  name: string,
  Module: ModuleClass,
  requests: readonly Json[],
  settings: JsonObject = {},
): Promise<readonly Target[]> {
  const { bodies, state } = await observe(Module, settings);
  const message = target({
    name: `${name}-message`,
    seeds: bodies,
    parse: async (input) => {
      const network = new TestNetwork({ seed: 1 });
      const node = await network.add(Module, { state, settings });
      const other = await network.add(Module, { settings });
      const answer = await answered(network, () => node.module.receive(parsed(input), other.peer) as Json | Promise<Json>);
      // Whatever was said, the state stays one that the next instance takes.
      await network.construct(Module, { settings }).acceptState(node.module.transferState());
      node.module.inspect();
      return answer;
    },
  });
  const handedOver = target({
    name: `${name}-state`,
    seeds: [bytesOf(state)],
    parse: async (input) => {
      const instance = new TestNetwork({ seed: 1 }).construct(Module, { settings });
      await accepting(instance, textOf(input));
      return String(instance.transferState());
    },
    roundTrip: { write: bytesOf },
  });
  const request = target({
    name: `${name}-request`,
    seeds: requests.map((each) => bytesOf(JSON.stringify(each))),
    parse: async (input) => {
      const network = new TestNetwork({ seed: 1 });
      const node = await network.add(Module, { state, settings });
      const answer = await answered(network, () => node.request(parsed(input)) as Promise<Json>);
      await network.construct(Module, { settings }).acceptState(node.module.transferState());
      return answer;
    },
  });
  return [message, handedOver, request];
}

/** The answer, for which virtual time goes on. */
async function answered(network: TestNetwork, ask: () => Json | Promise<Json>): Promise<Json> {
  const state = { ended: false };
  const answer = Promise.resolve().then(ask);
  void answer.catch(() => undefined).finally(() => (state.ended = true));
  for (let waitedMs = 0; !state.ended && waitedMs < ANSWER_MS; waitedMs += 1_000) await network.advance(waitedMs === 0 ? 0 : 1_000);
  if (!state.ended) throw new Error(`no answer within ${ANSWER_MS} ms of virtual time`);
  return answer.catch((thrown: unknown) => {
    throw refusal(thrown);
  });
}

/** A module refuses by these errors; every other says that it did not expect what came. */
function refusal(thrown: unknown): unknown {
  const { name, message } = thrown as Error;
  return ['BadInput', 'ExchangeError', 'Refusal'].includes(name)
    ? new GossipError('GOSSIP_E_MODULE_ANSWER', message, { cause: thrown })
    : thrown;
}

async function accepting(instance: GossipModule, state: string): Promise<void> {
  try {
    await instance.acceptState(state);
  } catch (thrown) {
    throw refusal(thrown);
  }
}

/** As a module host reads a body. */
function parsed(input: Uint8Array): Json {
  try {
    return readJson(textOf(input)) as Json;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_MODULE_ANSWER', 'not JSON', { cause });
  }
}

export const MODULES: readonly Target[] = [
  ...(await targetsOf('membership', Membership, [
    { op: 'list', state: 'alive' },
    { op: 'get', name: 'node1' },
    { op: 'tag', set: { role: 'web' }, remove: ['zone'] },
    { op: 'list', tags: { role: 'web' } },
  ])),
  ...(await targetsOf('registry', Registry, REGISTRY_REQUESTS, REGISTRY_SETTINGS)),
  ...(await targetsOf('aggregate', Aggregate, [{ op: 'read' }, { op: 'set', value: 7 }])),
];
