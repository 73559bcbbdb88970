/**
 * What operators decide of nodes: reads the notes that are known, signs the next one, and brings it to a node, from where gossip takes it to all of them.
 */
import { MAX_NOTES, NoteBook } from '../../gossip/note-book.ts';
import { GossipError } from '../../model/errors.ts';
import { isNodeId } from '../../model/names.ts';
import type { NodeId } from '../../model/names.ts';
import { fieldOf, signNote, verifyNote } from '../../trust/node-note.ts';
import type { NoteKind, VerifiedNote } from '../../trust/node-note.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { roleOf } from '../../trust/root.ts';
import type { NodeAddress, OperatorClient } from '../client/client.ts';
import { readNotes, tellNotes } from '../client/note-calls.ts';
import { isForgotten, isRevoked, notedNodes, revokedError } from '../client/heard.ts';
import { ambiguous, findNode, matching, unknownNode } from '../client/nodes.ts';
import { requireAdmitting } from './clusters.ts';
import type { OperatorCluster } from './clusters.ts';
import { refreshRoot } from './root-change.ts';
import type { Refreshed, RootHolder } from './root-change.ts';

/** Nodes with different notes that are asked for theirs at most. */
const MAX_ASKED = 8;

/** What is known before something is decided. */
export interface Known extends Refreshed {
  readonly book: NoteBook;
}

export interface Decision {
  readonly kind: NoteKind;
  readonly subject: string;
  /** For people; may be empty. */
  readonly name: string;
  readonly incarnation?: number;
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Decided {
  readonly note: VerifiedNote;
  /** Where it entered. */
  readonly node: string;
  /** `known`: it was decided so before, and by whom the note says. */
  readonly outcome: 'entered' | 'known';
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

/** Where it was decided so before and still holds: tells a node once more, for it may not have heard, and signs nothing. Null where it is new. */
export async function repeatDecision(
  known: Known,
  client: OperatorClient,
  decision: Pick<Decision, 'kind' | 'subject'>,
  to: string | undefined,
): Promise<Decided | null> {
  const note = sameDecision(known, decision);
  if (note === undefined) return null;
  const entrance = await noteEntrance(known, client, decision.subject, to);
  await tellNotes(client, entrance, [note]);
  return { note, node: entrance.name || entrance.address, outcome: 'known' };
}

/** Signs the decision, above all that is known, and brings it to a node that it is not about. */
export async function decide(
  known: Known,
  client: OperatorClient,
  decision: Decision,
  { key, to }: { readonly key: PrivateKey; readonly to: string | undefined },
): Promise<Decided> {
  const { cluster, book } = known;
  requireAllAware(known, decision.subject);
  const entrance = await noteEntrance(known, client, decision.subject, to);
  const name = entrance.name || entrance.address;
  requireRoom(book, decision);
  const note = sign(cluster, book, decision, key);
  const [held] = await tellNotes(client, entrance, [note]);
  if (held !== undefined) return { note, node: name, outcome: 'entered' };
  throw new GossipError('GOSSIP_E_EXPECT', `something else was decided of ${decision.subject.slice(0, 12)} meanwhile`, {
    advice: "See it with 'gossip nodes', then decide again.",
  });
}

function sign({ root, name }: OperatorCluster, book: NoteBook, decision: Decision, key: PrivateKey): VerifiedNote {
  requireAdmitting({ root, name }, key, 'decide about nodes of');
  const { threshold } = roleOf(root.root, 'admit');
  if (threshold > 1)
    throw new GossipError('GOSSIP_E_THRESHOLD', `${threshold} keys must sign what is decided of nodes, and one is here`, {
      advice: 'Lower the threshold of the admit role first.',
    });
  const count = Math.max(0, ...book.notes.map(({ note }) => note.count)) + 1;
  const { kind, subject, name: called, incarnation = 0, author, now } = decision;
  const { cluster } = root;
  return verifyNote(
    signNote({ cluster, epoch: root.root.epoch, kind, subject, incarnation, count, time: now, author, name: called }, [key]),
    root,
  );
}

/** What holds already need not be said twice; a node that came back after it was forgotten can be forgotten again. */
function sameDecision({ book, holders }: Known, { kind, subject }: Pick<Decision, 'kind' | 'subject'>): VerifiedNote | undefined {
  const statuses = holders.map(({ status }) => status);
  if (kind === 'forget' && !isForgotten(subject as NodeId, book, statuses)) return undefined;
  return book.notes.find(({ note }) => note.kind === kind && note.subject === subject);
}

function requireRoom(book: NoteBook, { kind, subject }: Decision): void {
  const field = fieldOf({ kind });
  const others = book.notes.filter(({ note }) => fieldOf(note) === field && note.subject !== subject);
  if (field === 'forget' || others.length < MAX_NOTES[field]) return;
  throw new GossipError('GOSSIP_E_NOTE_LIMIT', `${others.length} notes are kept already, and no more have room`);
}

/** Nodes that do not know of notes would go on with who was revoked, and refuse what others tell of it. */
function requireAllAware(known: Known, subject: string): void {
  const unaware = heard(known).filter(({ node, status }) => status.notes === undefined && node.id !== subject);
  if (unaware.length === 0) return;
  throw new GossipError(
    'GOSSIP_E_NODE_OLD',
    `the program on ${unaware.map(({ status }) => status.name).join(', ')} knows no notes about nodes`,
    {
      advice: 'Update the program on every node first; nothing was changed.',
    },
  );
}

/** The node that an operator names as an entrance, which none that was revoked is. */
export async function findHeard(
  text: string,
  { cluster, book }: Pick<Known, 'cluster' | 'book'>,
  client: OperatorClient,
): Promise<NodeAddress> {
  const node = await findNode(text, cluster, client);
  if (isRevoked(node, await client.status(node), book)) throw revokedError(node, book.revocation(node.id));
  return node;
}

/** A node that it is not about: the one that is named, or a rendezvous node if one answers. */
async function noteEntrance(known: Known, client: OperatorClient, subject: string, to: string | undefined): Promise<NodeAddress> {
  const { cluster } = known;
  if (to !== undefined) {
    const node = await findHeard(to, known, client);
    if (node.id !== subject) return node;
    throw new GossipError('GOSSIP_E_USAGE', `--to names the very node that this is about`, { advice: 'Name another node, or none.' });
  }
  const rendezvous = new Set(cluster.root.root.rendezvous.map(({ id }) => id));
  const others = heard(known).filter(({ node }) => node.id !== subject);
  const entrance = others.find(({ node }) => rendezvous.has(node.id)) ?? others[0];
  if (entrance !== undefined) return entrance.node;
  throw new GossipError('GOSSIP_E_UNREACHABLE', 'no other node answers that could take it to the others');
}
