/** What operators have decided of nodes, as far as anybody tells it, and whom they name when they decide again. */
import { NoteBook } from '../../gossip/note-book.ts';
import { GossipError } from '../../model/errors.ts';
import { isNodeId } from '../../model/names.ts';
import type { NodeId } from '../../model/names.ts';
import type { NodeAddress, OperatorClient } from '../client/client.ts';
import { readNotes } from '../client/note-calls.ts';
import { ambiguous, matching } from '../client/nodes.ts';
import type { OperatorCluster } from './clusters.ts';
import { refreshRoot } from './root-change.ts';
import type { Refreshed } from './root-change.ts';

/** Nodes with different notes that are asked for theirs at most. */
const MAX_ASKED = 8;

/** What is known before something is decided. */
export interface Known extends Refreshed {
  readonly book: NoteBook;
}

/** Everybody who can be found, and all that they know of notes. Nothing is kept of it. */
export async function knownNotes(given: OperatorCluster, client: OperatorClient): Promise<Known> {
  const refreshed = await refreshRoot(given, client);
  const different = new Map(
    refreshed.holders.filter(({ status }) => (status.notes?.count ?? 0) > 0).map((holder) => [holder.status.notes?.digest, holder]),
  );
  const book = new NoteBook();
  for (const { node } of [...different.values()].slice(0, MAX_ASKED)) {
    // Of one that has gone meanwhile, others know as much.
    const told = await readNotes(client, node, refreshed.cluster.root).catch(() => new NoteBook());
    book.merge(told.notes);
  }
  return { ...refreshed, book };
}

/** As `refreshRoot`, without revoked nodes that still answer: nobody hears them, so that a change that entered at one would reach no other. */
export async function refreshFromHeard(given: OperatorCluster, client: OperatorClient): Promise<Refreshed> {
  const { book, ...refreshed } = await knownNotes(given, client);
  return { ...refreshed, holders: refreshed.holders.filter(({ node }) => book.revocation(node.id) === undefined) };
}

/** A node that is named by its name, its id or some digits of it, or its address: it need not answer. A whole id need not be known to anybody. */
export function nodeNamed(
  text: string,
  { holders, silent, book }: Known,
): Pick<NodeAddress, 'id' | 'name'> & { readonly incarnation: number } {
  const living = holders.map(({ node, status }) => ({ ...node, incarnation: status.incarnation }));
  const gone = silent.map((node) => ({ ...node, incarnation: 0 }));
  const noted = book.notes
    .filter(({ note }) => note.kind !== 'revoke-token')
    .map(({ note }) => ({
      id: note.subject as NodeId,
      name: note.name,
      address: '' as NodeAddress['address'],
      incarnation: note.incarnation,
    }));
  for (const among of [living, [...living, ...gone], [...living, ...gone, ...noted]]) {
    const found = [...new Map(matching(text, among).map((node) => [node.id, node])).values()];
    if (found.length > 1) throw ambiguous(text, found);
    const [{ id }] = found.length === 1 ? (found as [NodeAddress]) : [{ id: null }];
    const node = among.find((each) => each.id === id);
    if (node !== undefined) return node;
  }
  if (isNodeId(text)) return { id: text, name: '', incarnation: 0 };
  throw new GossipError('GOSSIP_E_NODE_UNKNOWN', `no node is called '${text}'`, {
    advice: "Give its whole id where no node knows it: 'gossip node identity' prints it, and 'gossip nodes' lists those that are known.",
  });
}
