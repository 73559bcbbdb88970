/** What the simulated operator brings to a node is read and verified there, as what commands bring is. */
import { expect, test } from 'vitest';
import type { NodeId } from '../../src/model/names.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { NOTE_KINDS, signNote } from '../../src/trust/node-note.ts';
import type { NodeNote, VerifiedNote } from '../../src/trust/node-note.ts';
import { settle } from '../../src/sim/scenarios/scenario.ts';
import { Cluster } from '../../src/sim/world/cluster.ts';
import { decide } from '../../src/sim/world/decide.ts';
import type { SimNode } from '../../src/sim/node/node.ts';

const GONE = { id: 'e'.repeat(64) as NodeId, name: 'gone', address: '10.9.9.9:7946' } as SimNode['peer'];

async function settled(): Promise<{ cluster: Cluster; first: SimNode }> {
  const cluster = new Cluster({ seed: 1, nodes: 4 });
  cluster.introduce();
  await settle(cluster);
  return { cluster, first: cluster.nodes[0] as SimNode };
}

/** What the node makes of a note whose envelope is this one, whatever the operator thinks of it: whether it said that it holds it, and what it holds. */
async function takes(envelope: (note: VerifiedNote) => VerifiedNote['envelope']): Promise<readonly [said: boolean, holds: number]> {
  const { cluster, first } = await settled();
  const note = cluster.operator.note('revoke', GONE.id);
  let isSaid = false;
  first.takeNote({ ...note, envelope: envelope(note) }, () => (isSaid = true));
  await cluster.advance(5_000);
  return [isSaid, cluster.nodes.filter(({ notes }) => notes?.has(note.hash)).length];
}

const signedAnew = ({ note }: VerifiedNote, change: Partial<NodeNote> = {}): VerifiedNote['envelope'] =>
  signNote({ ...note, ...change }, [generateKey()]);

test('a note that the operator signed is taken, and told to all', async () => {
  expect(await takes(({ envelope }) => envelope)).toEqual([true, 4]);
});

test.each<[string, (note: VerifiedNote) => VerifiedNote['envelope']]>([
  ['that another key has signed', (note) => signedAnew(note)],
  ['whose text was changed afterwards', (note) => ({ ...note.envelope, payload: signedAnew(note, { kind: 'admit' }).payload })],
  ['without a signature', ({ envelope }) => ({ ...envelope, signatures: [] })],
])('a note %s is refused, whatever the operator thinks of it', async (_, envelope) => {
  expect(await takes(envelope)).toEqual([false, 0]);
});

test.each(NOTE_KINDS)('a decision to %s comes to all', async (kind) => {
  const { cluster, first } = await settled();
  const note = decide(cluster, kind, GONE, first);
  await cluster.advance(10_000);
  expect(cluster.nodes.map(({ notes }) => notes?.has(note.hash))).toEqual([true, true, true, true]);
});

test('a root with more steps than go into one message is brought in several', async () => {
  const { cluster, first } = await settled();
  for (let version = 1; version < 70; version += 1) cluster.operator.rotate();
  let isDone = false;
  const root = cluster.rotate(first, { done: () => (isDone = true) });
  await cluster.until('it says that it holds it', () => isDone, 10_000);
  expect(first.root?.hash).toBe(root.hash);
});
