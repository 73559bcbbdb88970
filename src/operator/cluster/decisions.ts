/** What operators have decided of nodes, as far as anybody tells it, and whom they name when they decide again. */
import { NoteBook } from '../../gossip/note-book.ts';
import { isNodeId } from '../../model/names.ts';
import type { NodeId } from '../../model/names.ts';
import type { NodeAddress, OperatorClient } from '../client/client.ts';
import { readNotes } from '../client/note-calls.ts';
import { isForgotten, isRevoked, notedNodes, revokedError } from '../client/heard.ts';
import { ambiguous, findNode, matching, unknownNode } from '../client/nodes.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import type { OperatorCluster } from './clusters.ts';
import { refreshRoot } from './root-change.ts';
import type { Refreshed, RootHolder } from './root-change.ts';

/** Nodes with different notes that are asked for theirs at most. */
const MAX_ASKED = 8;
/** And of those with the same ones, until one tells. */
const MAX_ALIKE = 3;

/** What is known before something is decided. */
export interface Known extends Refreshed {
  readonly book: NoteBook;
}

/** Everybody who can be found, and all that they know of notes. Nothing is kept of it. */
export async function knownNotes(given: OperatorCluster, client: OperatorClient): Promise<Known> {
  const refreshed = await refreshRoot(given, client);
  const holders = refreshed.holders.filter(({ status }) => (status.notes?.count ?? 0) > 0);
  const different = [...Map.groupBy(holders, ({ status }) => status.notes?.digest).values()];
  const book = new NoteBook();
  for (const alike of different.slice(0, MAX_ASKED)) book.merge(await notesOf(alike.slice(0, MAX_ALIKE), client, refreshed));
  return { ...refreshed, book };
}

/**
 * Of nodes that hold the same, by the first that tells: one may be busy, or have gone meanwhile. Where none tells, nothing: a node that tells nothing must not keep
 * anybody from revoking it, and what is decided below what it holds is refused where it enters.
 */
async function notesOf(alike: readonly RootHolder[], client: OperatorClient, { cluster }: Refreshed): Promise<readonly VerifiedNote[]> {
  for (const { node } of alike) {
    const told = await readNotes(client, node, cluster.root).catch(() => null);
    if (told !== null) return told.notes;
  }
  return [];
}

/** The same without revoked nodes that still answer: a change that entered at one would reach no other. */
export async function refreshFromHeard(given: OperatorCluster, client: OperatorClient): Promise<Known> {
  const known = await knownNotes(given, client);
  return { ...known, holders: heard(known) };
}

/** Who answers and was not revoked. */
export function heard({ holders, book }: Pick<Known, 'holders' | 'book'>): readonly RootHolder[] {
  return holders.filter(({ node, status }) => !isRevoked(node, status, book));
}

/** Why a node is not there, for whoever admits it: it was forgotten and has not called since, nobody has heard of it, or it does not answer. Null where it does. */
export function absenceOf({ holders, silent, book }: Known, id: NodeId): 'forgotten' | 'unknown' | 'silent' | null {
  if (holders.some(({ node }) => node.id === id)) return null;
  const statuses = holders.map(({ status }) => status);
  if (isForgotten(id, book, statuses)) return 'forgotten';
  const isTold = statuses.some(({ peers }) => peers.some((peer) => peer.id === id)) || silent.some((node) => node.id === id);
  return isTold || book.revocation(id) !== undefined ? 'silent' : 'unknown';
}

/** A node that is named by its name, its id or some digits of it, or its address: it need not answer. A whole id need not be known to anybody. */
export function nodeNamed(
  text: string,
  { holders, silent, book }: Known,
): Pick<NodeAddress, 'id' | 'name'> & { readonly incarnation: number } {
  const living = holders.map(({ node, status }) => ({ ...node, incarnation: status.incarnation }));
  const gone = silent.map((node) => ({ ...node, incarnation: 0 }));
  for (const among of [living, [...living, ...gone], [...living, ...gone, ...notedNodes(book)]]) {
    const found = [...new Map(matching(text, among).map((node) => [node.id, node])).values()];
    if (found.length > 1) throw ambiguous(text, found);
    const [{ id }] = found.length === 1 ? (found as [NodeAddress]) : [{ id: null }];
    const node = among.find((each) => each.id === id);
    if (node !== undefined) return node;
  }
  if (isNodeId(text)) return { id: text, name: '', incarnation: 0 };
  throw unknownNode(
    text,
    "Give its whole id where no node knows it: 'gossip node identity' prints it, and 'gossip nodes' lists those that are known.",
  );
}

/** The node that an operator names as an entrance, which none that was revoked is. */
export async function findHeard(
  text: string,
  { cluster, book }: Pick<Known, 'cluster' | 'book'>,
  client: OperatorClient,
): Promise<NodeAddress> {
  const node = await findNode(text, cluster, client);
  if (isRevoked(node, await client.status(node, { patient: true }), book)) throw revokedError(node, book.revocation(node.id));
  return node;
}
