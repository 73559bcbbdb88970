/** What commands say of a note about a node that they brought to the cluster. */
import type { Decided } from '../../operator/cluster/note-making.ts';
import type { NoteKind } from '../../trust/node-note.ts';

/** What the subject of a note is afterwards. */
export const DONE: { readonly [kind in NoteKind]: string } = {
  admit: 'admitted',
  revoke: 'revoked',
  forget: 'forgotten',
  'revoke-token': 'revoked',
};

/** `node7 (3f0a1b2c3d4e) is revoked: entered at rendezvous1, and gossip takes it to every node`. */
export function sayDecided({ note, node, outcome }: Decided): string[] {
  if (outcome === 'known') return [`${heldText(note)}; ${node} was told again`];
  return [`${whoText(note)} is ${DONE[note.note.kind]}: entered at ${node}, and gossip takes it to every node`];
}

/** `node7 (3f0a1b2c3d4e) was revoked before, by ada at 2026-01-31T12:00:00.000Z` */
export function heldText(held: Decided['note']): string {
  const { kind, author, time } = held.note;
  return `${whoText(held)} was ${DONE[kind]} before, by ${author} at ${new Date(time).toISOString()}`;
}

function whoText({ note: { kind, subject, name } }: Decided['note']): string {
  const id = subject.slice(0, 12);
  return kind === 'revoke-token' ? `token ${id}` : name === '' ? id : `${name} (${id})`;
}

export function noteJson({ note, node, outcome }: Decided) {
  return { ...heldJson(note), node, outcome };
}

/** Of a note that holds. */
export function heldJson({ note, hash }: Decided['note']) {
  const { kind, subject, name, author, time, incarnation } = note;
  const subjectOf = kind === 'revoke-token' ? { token: subject } : { id: subject, name };
  return {
    kind,
    ...subjectOf,
    ...(kind === 'forget' && { incarnation }),
    author,
    time: new Date(time).toISOString(),
    note: hash,
    outcome: 'known',
  };
}
