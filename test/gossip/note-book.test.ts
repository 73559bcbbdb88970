/** What is kept of notes about nodes, in whatever order they come. */
import { expect, test } from 'vitest';
import { MAX_NOTES, NoteBook } from '../../src/gossip/note-book.ts';
import type { NodeId, PayloadHash } from '../../src/model/names.ts';
import { NOTE_KINDS } from '../../src/trust/node-note.ts';
import type { NodeNote, VerifiedNote } from '../../src/trust/node-note.ts';
import { note, noteOf } from '../support/notes.ts';
import { peer, seeded } from '../support/records.ts';

/** As if verified: to sign thousands takes too long where signatures do not matter. */
function paperNote(kind: NodeNote['kind'], subject: number, count: number): VerifiedNote {
  const number = (NOTE_KINDS.indexOf(kind) * 10_000 + subject) * 10_000 + count;
  const hash = number.toString(16).padStart(8, '0').repeat(8) as PayloadHash;
  const named = subject.toString(16).padStart(64, '0');
  return { note: noteOf(kind, named, { count }), envelope: note('admit', peer(1).id).envelope, hash } as unknown as VerifiedNote;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

test('merging is commutative, associative and idempotent, beyond the bounds too', () => {
  const random = seeded(7);
  const kinds = ['admit', 'revoke', 'forget', 'revoke-token'] as const;
  const notes = Array.from({ length: 1_500 }, (_, index) =>
    paperNote(kinds[Math.floor(random() * 4)] ?? 'admit', Math.floor(random() * 700), 1 + (index % 700)),
  );
  const whole = new NoteBook();
  whole.merge(notes);
  for (let round = 0; round < 3; round += 1) {
    const parts = [new NoteBook(), new NoteBook(), new NoteBook()];
    for (const each of shuffled([...notes, ...notes.slice(0, 500)], random)) parts[Math.floor(random() * 3)]?.merge([each]);
    const [first, ...others] = shuffled(parts, random) as [NoteBook, ...NoteBook[]];
    for (const other of others) first.merge(shuffled(other.notes, random));
    expect(first.digest).toBe(whole.digest);
    expect(new Set(first.hashes)).toEqual(new Set(whole.hashes));
  }
});

test('of one node the highest note holds: a later one undoes it, and of two at once the revocation', () => {
  const { id } = peer(1);
  const [first, second] = [note('revoke', id, { count: 1 }), note('admit', id, { count: 2 })];
  const book = new NoteBook();
  expect(book.merge([second]).taken).toEqual([second]);
  expect(book.merge([first])).toEqual({ taken: [], gone: [] });
  expect([book.revocation(id), book.isAdmitted(id)]).toEqual([undefined, true]);
  const rival = note('revoke', id, { count: 2 });
  expect(book.merge([rival])).toEqual({ taken: [rival], gone: [second] });
  expect(book.merge([second]).taken).toEqual([]);
  expect([book.revocation(id), book.isAdmitted(id)]).toEqual([rival, false]);
});

test('that a node is forgotten, or a token revoked, says nothing of whether it is admitted', () => {
  const { id } = peer(1);
  const book = new NoteBook();
  book.merge([note('admit', id), note('forget', id, { incarnation: 7 }), note('revoke-token', peer(2).id)]);
  expect([book.isAdmitted(id), book.forgotten(id), book.forgotten(peer(2).id)]).toEqual([true, 7, null]);
  expect([book.isTokenRevoked(peer(2).id), book.isTokenRevoked(id)]).toEqual([true, false]);
});

test('their number is bounded, and the newest stay', () => {
  const book = new NoteBook();
  for (const [kind, most] of [
    ['revoke', MAX_NOTES.node],
    ['forget', MAX_NOTES.forget],
    ['revoke-token', MAX_NOTES.token],
  ] as const)
    book.merge(Array.from({ length: most + 10 }, (_, index) => paperNote(kind, index, index + 1)));
  expect(book.size).toBe(MAX_NOTES.node + MAX_NOTES.forget + MAX_NOTES.token);
  const at = (index: number) => index.toString(16).padStart(64, '0') as NodeId;
  expect([book.revocation(at(9)), book.forgotten(at(9))]).toEqual([undefined, null]);
  expect(book.revocation(at(10))).toBeDefined();
  expect(book.forgotten(at(10))).toBe(0);
});
