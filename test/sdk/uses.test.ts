/** Modules beside each other on the nodes of a `TestNetwork`: through updates, removal and circles. */
import { expect, test } from 'vitest';
import { GossipModule } from '../../src/sdk/index.ts';
import type { Caller, Json, Peer, PeersChange, UsedEvent } from '../../src/sdk/index.ts';
import { findPeer, preferring } from '../../src/sdk/peer-choice.ts';
import { TestNetwork } from '../../src/sdk/test-context.ts';

/** Keeps a number; asked for it, it raises it. Asked to `relay`, it has the other module raise its own. */
class Counter extends GossipModule {
  count = 0;
  callers: Caller[] = [];
  seen: UsedEvent[] = [];
  changes: PeersChange[] = [];
  ended = '';
  protected get other(): string {
    return this.context.module === 'a' ? 'b' : 'a';
  }
  override start(): void {
    this.context.onPeers?.((change) => this.changes.push(change));
  }
  override async request(body: Json | Uint8Array, caller: Caller): Promise<Json> {
    this.callers.push(caller);
    if (body === 'watch') {
      this.context.use?.(this.other).watch((event) => this.seen.push(event), { onEnd: ({ reason }) => (this.ended = reason) });
      return null;
    }
    if (body === 'circle') return (await this.context.use?.(this.other).request('circle')) as Json;
    if (body === 'relay') return (await this.context.use?.(this.other).request('raise')) as Json;
    this.count += 1;
    this.context.publish?.(this.count);
    return this.count;
  }
  override receive(): Json {
    return this.count;
  }
  override transferState(): string {
    return String(this.count);
  }
  override acceptState(state: string): void {
    this.count = Number(state);
  }
}

async function pair() {
  const network = new TestNetwork();
  const a = await network.add(Counter, { module: 'a', uses: ['b'] });
  const b = await network.add(Counter, { module: 'b', uses: ['a'], on: a });
  const settled = async (asked: Promise<unknown>, ms = 30_000): Promise<unknown> => {
    const outcome: { value?: unknown } = {};
    asked.then(
      (value: unknown) => (outcome.value = value),
      (error: unknown) => (outcome.value = error),
    );
    await network.until('it is answered', () => 'value' in outcome, { deadlineMs: ms, stepMs: 10 });
    return outcome.value;
  };
  return { network, a, b, settled, moduleOf: (node: typeof a) => node.module as Counter };
}

test('they are on one node, and hear only their like on others', async () => {
  const { network, a, b, settled } = await pair();
  const far = await network.add(Counter, { module: 'a', uses: ['b'] });
  expect([a.peer, a.peer.id === far.peer.id]).toEqual([b.peer, false]);
  const asked: Peer[] = [];
  network.onExchange = ({ to }) => asked.push(to);
  expect(a.instance.context.forModule.peers(9)).toEqual([far.peer]);
  expect(b.instance.context.forModule.peers(9)).toEqual([]);
  const answer = a.instance.context.forModule.exchange(far.peer, 1);
  await network.advance(100);
  expect([await answer, asked]).toEqual([0, [far.peer]]);
  expect(await settled(far.request('relay'))).toMatchObject({ reason: 'unknown' });
});

test('while either is updated, what is asked of it waits, and nothing that was answered is missing', async () => {
  const { network, a, b, moduleOf } = await pair();
  const answers: Promise<unknown>[] = [];
  for (let round = 0; round < 40; round++) {
    answers.push(a.request('relay'));
    if (round === 10) answers.push(b.update(Counter, { deployment: 'd2' }));
    if (round === 20) answers.push(a.update(Counter, { deployment: 'd2' }));
    if (round === 30) answers.push(b.update(Counter, { deployment: 'd3' }), a.update(Counter, { deployment: 'd3' }));
    await network.advance(1);
  }
  await network.advance(1_000);
  const numbers = (await Promise.all(answers)).filter((answer) => answer !== undefined);
  expect(numbers.toSorted((one, other) => Number(one) - Number(other))).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
  expect([moduleOf(b).count, a.deployment, b.deployment]).toEqual([40, 'd3', 'd3']);
});

test('modules that ask each other without end hear that too many are open', async () => {
  const { a, b, settled, moduleOf } = await pair();
  expect(await settled(a.request('circle'))).toMatchObject({ message: expect.stringContaining('32 requests to other modules are open') });
  expect(moduleOf(b).callers[0]).toEqual({ kind: 'module', module: 'a' });
  expect(moduleOf(a).callers[1]).toEqual({ kind: 'module', module: 'b' });
});

test('a circle while one is updated ends with the time that a request has, and so does its wait for the update', async () => {
  const { network, a, settled } = await pair();
  const circle = a.request('circle');
  await network.advance(1);
  const updated = a.update(Counter, { deployment: 'd2' });
  const outcomes = Promise.allSettled([circle, updated]);
  await settled(outcomes, 6_000);
  expect((await outcomes)[1]).toEqual({ status: 'fulfilled', value: undefined });
  expect((await outcomes)[0].status).toBe('rejected');
  expect([a.deployment, await settled(a.request('raise'))]).toEqual(['d2', 1]);
});

test('a watch goes on through updates of the watched module, and ends with its removal', async () => {
  const { network, a, b, moduleOf, settled } = await pair();
  await a.request('watch');
  await b.request('raise');
  await network.advance(10);
  await b.update(Counter, { deployment: 'd2' });
  await b.request('raise');
  await network.advance(10);
  expect(moduleOf(a).seen).toEqual([
    { type: 'event', data: 1 },
    { type: 'event', data: 2 },
  ]);
  await b.stop('removed');
  await network.advance(10);
  expect(moduleOf(a).ended).toBe('absent');
  expect(await settled(a.request('relay'))).toMatchObject({ reason: 'absent', code: 'GOSSIP_E_MODULE_ABSENT' });
});

test('a module hears of peers that come, and finds one by its id', async () => {
  const { network, a, moduleOf } = await pair();
  const far = await network.add(Counter, { module: 'a' });
  await network.advance(10);
  expect(moduleOf(a).changes).toEqual([{ come: [far.peer], gone: [] }]);
  const context = a.instance.context.forModule;
  expect([context.peer?.(far.peer.id), context.peer?.('0'.repeat(64))]).toEqual([far.peer, undefined]);
});

test('whoever is doubted is drawn last, and drawn all the same', () => {
  const [x, y, z] = ['1', '2', '3'].map((digit) => ({ id: digit.repeat(64), address: '10.0.0.1:1', name: digit })) as [Peer, Peer, Peer];
  const choice = preferring({ near: [x, y], others: [z] }, new Set([x.id]));
  expect(choice).toEqual({ near: [y], others: [z], doubted: [x] });
  expect(findPeer(choice, x.id)).toBe(x);
  expect(preferring({ near: [x], others: [y] }, new Set())).toEqual({ near: [x], others: [y] });
});
