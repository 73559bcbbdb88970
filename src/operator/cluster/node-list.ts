/** Every node that is known, and what operators have decided of it. */
import type { NodeId } from '../../model/names.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import type { Known } from './decisions.ts';

export interface NodeLine {
  readonly id: NodeId;
  /** For people; empty where nobody tells. */
  readonly name: string;
  readonly rendezvous: boolean;
  /** `silent`: others, or the root, know of it, and it does not answer; `unseen`: a note alone names it. */
  readonly state: 'answers' | 'silent' | 'unseen' | 'forgotten' | 'revoked';
  /** What holds of it by a note, the latest first. */
  readonly notes: readonly NoteLine[];
}

export interface NoteLine {
  readonly kind: VerifiedNote['note']['kind'];
  readonly author: string;
  /** ISO 8601, by that operator's clock. */
  readonly time: string;
}

export interface NodeList {
  readonly nodes: readonly NodeLine[];
  /** Tokens that admit nobody new, by the id of their key. */
  readonly tokens: readonly (NoteLine & { readonly token: string })[];
}

export function nodeList({ cluster, holders, silent, book }: Known): NodeList {
  const rendezvous = new Set(cluster.root.root.rendezvous.map(({ id }) => id));
  const ofNodes = book.notes.filter(({ note }) => note.kind !== 'revoke-token');
  const seen = new Map<NodeId, Pick<NodeLine, 'name' | 'state'>>();
  for (const { note } of ofNodes) seen.set(note.subject as NodeId, { name: note.name, state: 'unseen' });
  for (const { id, name } of silent) seen.set(id, { name: name || (seen.get(id)?.name ?? ''), state: 'silent' });
  for (const { node, status } of holders) seen.set(node.id, { name: status.name, state: 'answers' });
  const nodes = [...seen].map(([id, { name, state }]): NodeLine => {
    const notes = ofNodes.filter(({ note }) => note.subject === id).toSorted((a, b) => b.note.count - a.note.count);
    return { id, name, rendezvous: rendezvous.has(id), state: stateOf(state, id, book), notes: notes.map(lineOf) };
  });
  const tokens = book.notes
    .filter(({ note }) => note.kind === 'revoke-token')
    .map((each) => ({ token: each.note.subject, ...lineOf(each) }));
  return {
    nodes: nodes.toSorted((a, b) => Number(b.rendezvous) - Number(a.rendezvous) || (a.name + a.id < b.name + b.id ? -1 : 1)),
    tokens,
  };
}

/** One that was forgotten and answers has come back. */
function stateOf(state: NodeLine['state'], id: NodeId, book: Known['book']): NodeLine['state'] {
  if (book.revocation(id) !== undefined) return 'revoked';
  return state !== 'answers' && book.forgotten(id) !== null ? 'forgotten' : state;
}

function lineOf({ note: { kind, author, time } }: VerifiedNote): NoteLine {
  return { kind, author, time: new Date(time).toISOString() };
}
