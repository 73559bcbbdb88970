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
export function sayDecided({ note: { note }, node, outcome }: Decided): string[] {
  const what = DONE[note.kind];
  const id = note.subject.slice(0, 12);
  const who = note.kind === 'revoke-token' ? `token ${id}` : note.name === '' ? id : `${note.name} (${id})`;
  const by = `by ${note.author} at ${new Date(note.time).toISOString()}`;
  if (outcome === 'known') return [`${who} was ${what} before, ${by}; ${node} was told again`];
  return [`${who} is ${what}: entered at ${node}, and gossip takes it to every node`];
}

export function noteJson({ note: { note, hash }, node, outcome }: Decided): object {
  const { kind, subject, name, author, time, incarnation } = note;
  const subjectOf = kind === 'revoke-token' ? { token: subject } : { id: subject, name };
  return {
    kind,
    ...subjectOf,
    ...(kind === 'forget' && { incarnation }),
    author,
    time: new Date(time).toISOString(),
    note: hash,
    node,
    outcome,
  };
}
