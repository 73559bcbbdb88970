/** Decides of a node or a join token: signs the next note above all that is known, and brings it to a node, from where gossip takes it to all of them. */
import { MAX_NOTES } from '../../gossip/note-book.ts';
import type { NoteBook } from '../../gossip/note-book.ts';
import type { Envelope } from '../../model/deployment.ts';
import { GossipError } from '../../model/errors.ts';
import type { NodeId } from '../../model/names.ts';
import { fieldOf, signNote } from '../../trust/node-note.ts';
import type { NodeNote, NoteKind, VerifiedNote } from '../../trust/node-note.ts';
import type { PrivateKey } from '../../trust/keys.ts';
import { roleOf } from '../../trust/root.ts';
import type { NodeAddress, OperatorClient } from '../client/client.ts';
import { tellNotes } from '../client/note-calls.ts';
import { isForgotten } from '../client/heard.ts';
import type { OperatorCluster } from './clusters.ts';
import { findHeard, heard } from './decisions.ts';
import type { Known } from './decisions.ts';

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

type Subject = Pick<NodeNote, 'kind' | 'subject' | 'name'>;

/**
 * Refuses what would not come to what is meant: `GOSSIP_E_USAGE` where the operator would lock himself out, or the node would be back at once; `GOSSIP_E_NODE_OLD` where
 * programs know of no notes; `GOSSIP_E_NOTE_LIMIT` where there is no room. Before anybody is asked to confirm or sign.
 */
export function requireDecidable(known: Known, { kind, subject, name }: Subject): void {
  const { cluster, holders, book } = known;
  const called = name || subject.slice(0, 12);
  if (kind === 'revoke' && subject === cluster.identity.id) {
    throw new GossipError('GOSSIP_E_USAGE', 'that is your own identity: nodes would refuse you from then on', {
      advice: 'Have another operator revoke it.',
    });
  }
  if (kind === 'forget' && cluster.root.root.rendezvous.some((node) => node.id === subject)) {
    throw new GossipError('GOSSIP_E_USAGE', `${called} is a rendezvous node, which the root names`, {
      advice: 'Take it out of the root first: nodes find each other by it.',
    });
  }
  if (kind === 'forget' && holders.some(({ node }) => node.id === subject)) {
    throw new GossipError('GOSSIP_E_USAGE', `${called} answers: it would be back at once`, { advice: 'Stop it first; or revoke it.' });
  }
  requireAllAware(known, subject);
  requireRoom(book, { kind, subject });
}

/** What holds already need not be said twice; a node that came back after it was forgotten can be forgotten again. */
export function sameDecision(
  { book, holders }: Pick<Known, 'book' | 'holders'>,
  { kind, subject }: Pick<Subject, 'kind' | 'subject'>,
): VerifiedNote | undefined {
  const statuses = holders.map(({ status }) => status);
  if (kind === 'forget' && !isForgotten(subject as NodeId, book, statuses)) return undefined;
  return book.notes.find(({ note }) => note.kind === kind && note.subject === subject);
}

/** The note, above all that is known, signed by those of `signers` whose keys are in the `admit` role; others may have to sign it too. */
export function draftNote(
  { cluster: { root }, book }: Pick<Known, 'cluster' | 'book'>,
  decision: Decision,
  signers: readonly PrivateKey[],
): Envelope {
  const count = Math.max(0, ...book.notes.map(({ note }) => note.count)) + 1;
  const { kind, subject, name, incarnation = 0, author, now } = decision;
  const { keys } = roleOf(root.root, 'admit');
  const may = signers.filter(({ keyid }) => keys.has(keyid));
  return signNote({ cluster: root.cluster, epoch: root.root.epoch, kind, subject, incarnation, count, time: now, author, name }, may);
}

/** Refuses where one key cannot sign a note alone. */
export function requireOneEnough({ root }: Pick<OperatorCluster, 'root'>): void {
  const { threshold } = roleOf(root.root, 'admit');
  if (threshold === 1) return;
  throw new GossipError('GOSSIP_E_THRESHOLD', `${threshold} keys must sign what is decided of nodes, and one is here`, {
    advice: "Write it into a file, with --write FILE, and hand that to the next operator: 'gossip config sign FILE'. Nothing was changed.",
  });
}

/** Brings a note to a node that it is not about: the one that `to` names, or a rendezvous node. `GOSSIP_E_EXPECT`: another one of the same subject holds there. */
export async function enterNote(known: Known, client: OperatorClient, note: VerifiedNote, to: string | undefined): Promise<Decided> {
  const { subject } = note.note;
  const entrance = await noteEntrance(known, client, subject, to);
  const node = entrance.name || entrance.address;
  const outcome = known.book.has(note.hash) ? 'known' : 'entered';
  const [held] = await tellNotes(client, entrance, [note]);
  if (held !== undefined) return { note, node, outcome };
  throw new GossipError('GOSSIP_E_EXPECT', `something else was decided of ${subject.slice(0, 12)} meanwhile`, {
    advice: "See it with 'gossip nodes', then decide again.",
  });
}

function requireRoom(book: NoteBook, { kind, subject }: Omit<Subject, 'name'>): void {
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
