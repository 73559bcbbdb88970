/** What operators decide of nodes: what holds is not signed again, and nothing enters where nobody hears it. */
import { expect, it } from 'vitest';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import { absenceOf, findHeard, nodeNamed } from '../../../src/operator/cluster/decisions.ts';
import { enterNote, sameDecision } from '../../../src/operator/cluster/note-making.ts';
import type { Known } from '../../../src/operator/cluster/decisions.ts';
import { requireHeard } from '../../../src/operator/client/heard.ts';
import { findNode } from '../../../src/operator/client/nodes.ts';
import type { OperatorClient } from '../../../src/operator/client/client.ts';
import type { VerifiedNote } from '../../../src/trust/node-note.ts';
import { note } from '../../support/notes.ts';
import { peer } from '../../support/records.ts';
import { nodeStatus, PaperDoor, rendezvous, root } from '../paper-node.ts';

const cluster = { name: 'paper', root, nodes: [peer(3, 'node3')] } as unknown as Known['cluster'];
const coded = (code: string) => expect.objectContaining({ code });
const revokedOutside = { code: 'GOSSIP_E_REVOKED', message: 'an operator has revoked this identity' } as const;

interface Setting {
  /** Nodes of which the holder tells. */
  readonly told?: readonly number[];
}

function bookOf(notes: readonly VerifiedNote[]): NoteBook {
  const book = new NoteBook();
  book.merge(notes);
  return book;
}

function known(notes: readonly VerifiedNote[], { told = [] }: Setting = {}): Known {
  const book = bookOf(notes);
  const peers = told.map((number) => ({ ...peer(number), failures: 0, proven: true }));
  const status = nodeStatus(rendezvous[0] as (typeof rendezvous)[0], [], { peers, notes: { count: book.size, digest: book.digest } });
  return { cluster, holders: [{ node: rendezvous[0] as (typeof rendezvous)[0], status }], silent: [{ ...peer(4), left: false }], book };
}

/** Nodes that answer, all of which hold these notes; what they are told is kept. */
function door(notes: readonly VerifiedNote[] = []) {
  const book = bookOf(notes);
  const told: unknown[] = [];
  const paper = new PaperDoor();
  for (const node of [...rendezvous, peer(3, 'node3')]) paper.add(node).status = { notes: { count: book.size, digest: book.digest } };
  const ask = async (_: unknown, { body }: { body: Uint8Array }) => {
    told.push(JSON.parse(Buffer.from(body).toString()));
    return { known: notes.map(({ hash }) => hash), envelopes: [] };
  };
  const client = Object.assign(paper, { ask, notes: async () => book });
  return { paper, told, client: client as unknown as OperatorClient };
}

it.each(['revoke', 'admit', 'forget', 'revoke-token'] as const)(
  'a note that holds is told once more, and none is made: %s',
  async (kind) => {
    const held = note(kind, peer(4).id, { name: kind === 'revoke-token' ? '' : 'node4' });
    const { client, told } = door([held]);
    const same = sameDecision(known([held]), { kind, subject: peer(4).id });
    expect(same).toBe(held);
    expect(await enterNote(known([held]), client, held, undefined)).toMatchObject({
      outcome: 'known',
      node: 'rendezvous1',
      note: { hash: held.hash },
    });
    expect(told).toHaveLength(1);
    expect(sameDecision(known([held]), { kind, subject: peer(5).id })).toBeUndefined();
  },
);

it('a node that came back after it was forgotten can be forgotten again', () => {
  const held = note('forget', peer(4).id);
  expect(sameDecision(known([held], { told: [4] }), { kind: 'forget', subject: peer(4).id })).toBeUndefined();
});

it('whoever admits a node hears why it is not there', () => {
  expect(absenceOf(known([]), rendezvous[0]?.id as never)).toBe(null);
  expect(absenceOf(known([]), peer(4).id)).toBe('silent');
  expect(absenceOf(known([note('forget', peer(4).id)]), peer(4).id)).toBe('forgotten');
  expect(absenceOf(known([]), peer(7).id)).toBe('unknown');
  expect(absenceOf(known([note('admit', peer(7).id)]), peer(7).id)).toBe('unknown');
  expect(absenceOf(known([note('revoke', peer(7).id)]), peer(7).id)).toBe('silent');
});

it('fewer than 8 digits of an id are said to be too few', () => {
  expect(() => nodeNamed('00', known([]))).toThrow(/'00', and of an id at least 8 digits are needed/);
  expect(() => nodeNamed('nobody', known([]))).toThrow(/^no node is called 'nobody'$/);
});

it('nothing enters at a revoked node: by the word of another, or by its own', async () => {
  const held = note('revoke', peer(3).id, { name: 'node3' });
  const { client, paper } = door([held]);
  await expect(findHeard('node3', known([held]), client)).rejects.toThrow(coded('GOSSIP_E_REVOKED'));
  await expect(enterNote(known([held]), client, held, 'node3')).rejects.toThrow(coded('GOSSIP_E_REVOKED'));
  await expect(requireHeard(peer(3, 'node3'), rendezvous, client)).rejects.toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_REVOKED', message: expect.stringMatching(/^node3 \(.{12}\) was revoked by ada at 2023-/) }),
  );
  await requireHeard(rendezvous[1] as (typeof rendezvous)[0], rendezvous, client);

  // Where nobody else answers, its own word is all there is.
  for (const { id } of rendezvous) (paper.nodes.get(id) as { status: null }).status = null;
  await requireHeard(peer(3, 'node3'), rendezvous, client);
  (paper.nodes.get(peer(3).id) as { status: object }).status = { outside: revokedOutside };
  await expect(requireHeard(peer(3, 'node3'), rendezvous, client)).rejects.toThrow(coded('GOSSIP_E_REVOKED'));
  await expect(findHeard('node3', known([]), client)).rejects.toThrow(coded('GOSSIP_E_REVOKED'));
});

it('of a revoked node another revoked node is not asked: it has heard of no decision since', async () => {
  const held = note('revoke', peer(3).id, { name: 'node3' });
  const { client, paper } = door([held]);
  const [first] = rendezvous as [(typeof rendezvous)[0]];
  const old = bookOf([note('revoke', peer(4).id, { name: 'node4' })]);
  (paper.nodes.get(first.id) as { status: object }).status = { outside: revokedOutside, notes: { count: old.size, digest: old.digest } };
  const answering = Object.assign(client, { notes: async ({ id }: { id: string }) => (id === first.id ? old : bookOf([held])) });
  await expect(requireHeard(peer(3, 'node3'), rendezvous, answering)).rejects.toThrow(coded('GOSSIP_E_REVOKED'));
});

it('a node that does not answer because it was revoked or forgotten is said to be that, not unknown', async () => {
  const { client } = door([note('revoke', peer(6).id, { name: 'node6' }), note('forget', peer(7).id, { name: 'node7', count: 2 })]);
  await expect(findNode('node6', cluster, client)).rejects.toThrow(coded('GOSSIP_E_REVOKED'));
  await expect(findNode(peer(6).id.slice(0, 8), cluster, client)).rejects.toThrow(coded('GOSSIP_E_REVOKED'));
  await expect(findNode('node7', cluster, client)).rejects.toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_NODE_UNKNOWN', message: expect.stringContaining('node7 was forgotten by ada') }),
  );
  await expect(findNode('node8', cluster, client)).rejects.toThrow(/^no node is called 'node8'$/);
});
