/** What operators' commands ask of nodes for the sake of notes about nodes. */
import { MAX_NOTES_TOLD } from '../../gossip/cut.ts';
import type { NotesTold } from '../../gossip/messages.ts';
import { NoteBook } from '../../gossip/note-book.ts';
import { encodeRequest, parseNotesTold } from '../../gossip/wire.ts';
import { GossipError } from '../../model/errors.ts';
import { verifyNote } from '../../trust/node-note.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { RouteCall } from '../../api/routes.ts';
import type { NodeAddress } from './node-api.ts';

/** What asks nodes: the client of operators' commands. */
export interface Asking {
  ask<Value>(node: NodeAddress, request: RouteCall & { readonly body: Uint8Array }, parse: (body: Uint8Array) => Value): Promise<Value>;
}

/** An operator's message compares nothing. */
const NO_DIGEST = 'A'.repeat(22);
/** Messages that all notes of a node fit into, each of the fewest that one tells. */
const MOST_ASKED = 64;

/** All notes that the node holds and `root` verifies; a node that does not know of notes has none. */
export async function readNotes(client: Asking, node: NodeAddress, root: TrustedRoot): Promise<NoteBook> {
  const book = new NoteBook();
  for (let asked = 0; asked < MOST_ASKED; asked += 1) {
    const answer = await exchange(client, node, { digest: NO_DIGEST, known: book.hashes, notes: [] });
    const notes = (answer?.envelopes ?? []).slice(0, MAX_NOTES_TOLD).flatMap((envelope) => verified(envelope, root));
    if (book.merge(notes).taken.length === 0) break;
  }
  return book;
}

/** Brings notes to a node. Those that hold there when it answers, durable: another one of the same node may be above. */
export async function tellNotes(client: Asking, node: NodeAddress, notes: readonly VerifiedNote[]): Promise<readonly VerifiedNote[]> {
  const answer = await exchange(client, node, { digest: NO_DIGEST, notes });
  if (!answer) throw new GossipError('GOSSIP_E_NODE_OLD', `the program on ${node.name || node.address} knows no notes about nodes`);
  const known = new Set(answer.known);
  return notes.filter(({ hash }) => known.has(hash));
}

function exchange(client: Asking, node: NodeAddress, notes: NotesTold): Promise<ReturnType<typeof parseNotesTold>> {
  const message = { kind: 'configuration', digest: NO_DIGEST, summary: null, records: [], peers: [], notes } as const;
  const { method, path, maxBytes, body } = encodeRequest(message, node.address);
  return client.ask(node, { method, path, maxBytes, body }, parseNotesTold);
}

function verified(envelope: unknown, root: TrustedRoot): VerifiedNote[] {
  try {
    return [verifyNote(envelope, root)];
  } catch (error) {
    if (error instanceof GossipError) return [];
    throw error;
  }
}
