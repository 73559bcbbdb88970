/** What this module is for, on a network in memory: virtual time, one seed, no waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadInput, Refusal } from 'gossip/sdk';
import { TestNetwork } from 'gossip/sdk/contract';
import type { TestNode } from 'gossip/sdk/contract';
import AutomergeNotes from '../src/index.ts';
import Previous from './version-1.ts';

type Version = typeof AutomergeNotes | typeof Previous;
/** Notes as version 2 lists them, and as version 1 does. */
type Listed = Readonly<Record<string, { readonly text: string; readonly done: boolean } | string>>;

const list = async (node: TestNode): Promise<Listed> => (await node.request({ op: 'list' })) as Listed;
const add = async (node: TestNode, text: string): Promise<string> => ((await node.request({ op: 'add', text })) as { id: string }).id;
const edit = (node: TestNode, id: string, text: string) => node.request({ op: 'edit', id, text });

async function fleet(network: TestNetwork, count: number, Module: Version = AutomergeNotes): Promise<TestNode[]> {
  return Promise.all(Array.from({ length: count }, () => network.add(Module)));
}

/** Waits until all have the same notes, and returns them. */
async function agreed(network: TestNetwork, holds: (notes: Listed) => boolean): Promise<Listed> {
  for (let steps = 0; steps < 1_000; steps++) {
    const [first = {}, ...others] = await Promise.all(network.nodes.map(list));
    if (holds(first) && others.every((notes) => isSame(notes, first))) return first;
    await network.advance(100);
  }
  throw new Error('they do not come to the same notes');
}

function isSame(one: Listed, other: Listed): boolean {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
}

const texts = (notes: Listed): string[] => Object.values(notes).map((note) => (typeof note === 'string' ? note : note.text));

test('what is written and edited at many nodes at once is the same on all, although messages are lost', async () => {
  const network = new TestNetwork({ seed: 1, loss: 0.2 });
  const nodes = await fleet(network, 6);
  const [first, second] = nodes as [TestNode, TestNode];
  const shared = await add(first, 'Buy milk');
  await agreed(network, (notes) => shared in notes);
  await Promise.all([edit(first, shared, 'Buy some milk'), edit(second, shared, 'Buy milk and bread')]);
  await Promise.all(nodes.map((node, index) => add(node, `note ${index}`)));
  const notes = await agreed(network, (all) => texts(all).length === 7 && texts(all).some((text) => /some.*bread/.test(text)));
  assert.deepEqual(texts(notes).toSorted(), ['Buy some milk and bread', ...nodes.map((_, index) => `note ${index}`)]);
});

for (const from of ['an old checkpoint', 'nothing']) {
  test(`a node that crashes and begins at ${from} goes on, and what it told before is not lost`, async () => {
    const network = new TestNetwork({ seed: 2 });
    const [first] = (await fleet(network, 2)) as [TestNode];
    await add(first, 'a');
    const checkpoint = first.module.transferState();
    await add(first, 'b');
    await agreed(network, (notes) => texts(notes).length === 2);
    await first.restart(AutomergeNotes, from === 'nothing' ? undefined : checkpoint);
    // Before it has heard of its own b.
    await add(first, 'c');
    const notes = await agreed(network, (each) => texts(each).length === 3);
    assert.deepEqual(texts(notes).toSorted(), ['a', 'b', 'c']);
  });
}

test('a rollback keeps what the older version does not know, also while it edits', async () => {
  const network = new TestNetwork({ seed: 3 });
  const [first, second] = (await fleet(network, 2, Previous)) as [TestNode, TestNode];
  const all = async (Module: Version, deployment: string) => {
    for (const node of [first, second]) await node.update(Module, { deployment });
  };
  const id = await add(first, 'write');
  await agreed(network, (notes) => id in notes);
  await all(AutomergeNotes, 'd2');
  assert.deepEqual(await list(second), { [id]: { text: 'write', done: false } });
  await second.request({ op: 'tick', id, done: true });
  await agreed(network, (notes) => (notes[id] as { done: boolean }).done);
  await all(Previous, 'd3');
  await edit(first, id, 'write more');
  assert.deepEqual(await agreed(network, (notes) => notes[id] === 'write more'), { [id]: 'write more' });
  await all(AutomergeNotes, 'd4');
  for (const node of [first, second]) assert.deepEqual(await list(node), { [id]: { text: 'write more', done: true } });
});

test('after a long separation all changes pass as one document, and each has those of the other', async () => {
  const network = new TestNetwork({ seed: 4 });
  const [first, second] = (await fleet(network, 2)) as [TestNode, TestNode];
  const id = await add(first, 'a');
  await agreed(network, (notes) => id in notes);
  network.separate(() => true);
  for (let count = 1; count <= 200; count++) await edit(first, id, 'a'.repeat(1 + count));
  await add(second, 'alone');
  network.separate();
  let longest = 0;
  network.onExchange = ({ request, answer }) =>
    void (longest = Math.max(longest, (request as Uint8Array).length, (answer as Uint8Array).length));
  const notes = await agreed(network, (all) => texts(all).length === 2 && texts(all).includes('a'.repeat(201)));
  assert.deepEqual(texts(notes).toSorted(), ['a'.repeat(201), 'alone']);
  assert.ok(longest > 100 && longest < 8_000, `a message of ${longest} bytes`);
});

test('those that watch hear which notes have changed, here and elsewhere', async () => {
  const network = new TestNetwork({ seed: 5 });
  const [first, second] = (await fleet(network, 2)) as [TestNode, TestNode];
  const id = await add(first, 'a');
  await agreed(network, (notes) => id in notes);
  assert.deepEqual([first.events, second.events], [[{ topic: id, event: { id } }], [{ topic: id, event: { id } }]]);
});

test('what cannot be is refused, and changes nothing', async () => {
  const [node] = (await fleet(new TestNetwork(), 1)) as [TestNode];
  const id = await add(node, 'a');
  await assert.rejects(add(node, 'x'.repeat(501)), BadInput);
  await assert.rejects(edit(node, id, '\ud83d'), BadInput);
  await assert.rejects(edit(node, '__proto__', 'x'), Refusal);
  await assert.rejects(node.request({ op: 'tick', id, done: 1 }), BadInput);
  for (let count = 1; count < 200; count++) await add(node, 'b');
  await assert.rejects(add(node, 'c'), Refusal);
  await node.request({ op: 'remove', id });
  assert.equal(texts(await list(node)).length, 199);
});
