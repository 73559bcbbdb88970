/** What this module is for, on a network in memory: virtual time, one seed, no waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestNetwork } from 'gossip/sdk/contract';
import type { TestNode } from 'gossip/sdk/contract';
import { BadInput, Refusal } from 'gossip/sdk';
import type { JsonObject } from 'gossip/sdk';
import { MAX_DOCUMENT_BYTES } from '../src/replica.ts';
import SharedDocument from '../src/index.ts';
import Previous from './version-1.ts';

interface Got {
  readonly text: string;
  readonly title?: string;
}

const get = async (node: TestNode): Promise<Got> => (await node.request({ op: 'get' })) as unknown as Got;
const insert = (node: TestNode, at: number, text: string) => node.request({ op: 'insert', at, text });
const editors = ({ module }: TestNode): number => (module.inspect() as { editors: number }).editors;

async function nodes(
  network: TestNetwork,
  count: number,
  Module = SharedDocument as typeof SharedDocument | typeof Previous,
): Promise<TestNode[]> {
  return Promise.all(Array.from({ length: count }, () => network.add(Module)));
}

/** Waits until all have the same text, and returns it. */
async function agreed(network: TestNetwork, holds: (text: string) => boolean): Promise<string> {
  for (let steps = 0; steps < 1_000; steps++) {
    const [first = '', ...others] = await Promise.all(network.nodes.map(async (node) => (await get(node)).text));
    if (holds(first) && others.every((text) => text === first)) return first;
    await network.advance(100);
  }
  throw new Error('they do not come to the same text');
}

test('what is inserted and deleted at many nodes at once is the same on all, although messages are lost', async () => {
  const network = new TestNetwork({ seed: 1, loss: 0.2 });
  const all = await nodes(network, 8);
  await insert(all[0] as TestNode, 0, '<middle>');
  await agreed(network, (text) => text === '<middle>');
  await Promise.all(all.map((node, index) => insert(node, index % 2 === 0 ? 0 : 8, `[${index}]`)));
  await (all[3] as TestNode).request({ op: 'delete', at: 0, length: 1 });
  const text = await agreed(network, (each) => each.length === 7 + 3 * 8);
  assert.match(text, /^(\[[0246]\]){4}middle>(\[[1357]\]){4}$/);
});

for (const from of ['an old checkpoint', 'nothing']) {
  test(`a node that crashes and begins at ${from} goes on, and what it told before is not lost`, async () => {
    const network = new TestNetwork({ seed: 2 });
    const [first, second] = (await nodes(network, 2)) as [TestNode, TestNode];
    await insert(first, 0, 'a');
    const checkpoint = first.module.transferState();
    await insert(first, 1, 'b');
    await agreed(network, (text) => text === 'ab');
    await first.restart(SharedDocument, from === 'nothing' ? undefined : checkpoint);
    // Before it has heard of its own b: were it the editor that it was, the other would take this for what it knows.
    await insert(first, 0, 'c');
    const text = await agreed(network, (each) => each.length === 3);
    assert.equal(text.split('').toSorted().join(''), 'abc');
    assert.deepEqual([editors(first), editors(second)], [2, 2]);
  });
}

test('a rollback keeps what the older version does not know, also while it edits', async () => {
  const network = new TestNetwork({ seed: 3 });
  const [first, second] = (await nodes(network, 2, Previous)) as [TestNode, TestNode];
  const all = async (Module: typeof SharedDocument | typeof Previous, deployment: string) => {
    for (const node of [first, second]) await node.update(Module, { deployment });
  };
  await insert(first, 0, 'plain and bold');
  await agreed(network, (text) => text !== '');
  await all(SharedDocument, 'd2');
  await second.request({ op: 'mark', at: 10, length: 4, mark: 'bold', on: true });
  await second.request({ op: 'title', title: 'Marks' });
  await network.until('both know the title', () => first.events.some(({ topic }) => topic === 'title'));
  await all(Previous, 'd3');
  assert.deepEqual(await get(first), { text: 'plain and bold' });
  // Within what is bold.
  await insert(first, 12, '-');
  await agreed(network, (text) => text === 'plain and bo-ld');
  await all(SharedDocument, 'd4');
  for (const node of [first, second]) {
    const delta = [{ insert: 'plain and ' }, { insert: 'bo-ld', attributes: { bold: true } }];
    assert.deepEqual(await get(node), { title: 'Marks', text: 'plain and bo-ld' });
    assert.deepEqual(await node.request({ op: 'delta' }), { delta });
  }
});

test('those that watch hear what changed, here and elsewhere', async () => {
  const network = new TestNetwork({ seed: 4 });
  const [first, second] = (await nodes(network, 2)) as [TestNode, TestNode];
  await insert(first, 0, 'Hello');
  await agreed(network, (text) => text === 'Hello');
  const heard = [{ topic: 'text', event: { delta: [{ insert: 'Hello' }] } }];
  assert.deepEqual([first.events, second.events], [heard, heard]);
});

test('what cannot be is refused', async () => {
  const [node] = (await nodes(new TestNetwork(), 1)) as [TestNode];
  await insert(node, 0, '👋');
  const wrong: JsonObject[] = [
    { op: 'insert', at: 3, text: 'x' },
    { op: 'insert', at: 1, text: 'x' },
    { op: 'insert', at: 0, text: '\ud83d' },
    { op: 'insert', at: 0, text: 'x'.repeat(10_001) },
    { op: 'delete', at: 0, length: 1 },
    { op: 'delete', at: 0, length: 3 },
    { op: 'mark', at: 0, length: 2, mark: 'blink', on: true },
  ];
  for (const request of wrong) await assert.rejects(node.request(request), BadInput, JSON.stringify(request));
  const fill = async (): Promise<never> => {
    for (let count = 0; ; count++) {
      assert.ok(count < MAX_DOCUMENT_BYTES / 1_000, 'it takes without end');
      await insert(node, 0, 'x'.repeat(10_000));
    }
  };
  await assert.rejects(fill(), Refusal);
  const { length } = (await get(node)).text;
  assert.deepEqual(await node.request({ op: 'delete', at: 0, length: 100 }), { length: length - 100 });
});
