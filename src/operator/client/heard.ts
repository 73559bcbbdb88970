/** Nodes of which operators have decided, for the commands that name one: what enters at a revoked node reaches no other (law 9). */
import type { NodeStatus } from '../../api/status.ts';
import type { NoteBook } from '../../gossip/note-book.ts';
import { GossipError } from '../../model/errors.ts';
import type { Address, NodeId } from '../../model/names.ts';
import type { VerifiedNote } from '../../trust/node-note.ts';
import type { NodeAddress, NodeApi } from './node-api.ts';

/** The nodes that notes name, as they were called then; where they listened, no note says. */
export function notedNodes({ notes }: Pick<NoteBook, 'notes'>): readonly (NodeAddress & { readonly incarnation: number })[] {
  return notes
    .filter(({ note }) => note.kind !== 'revoke-token')
    .map(({ note: { subject, name, incarnation } }) => ({ id: subject as NodeId, name, address: '' as Address, incarnation }));
}

/** Whether nobody hears a node any more: by a note, whatever it says itself; or by its own word, which it has from the others. */
export function isRevoked({ id }: Pick<NodeAddress, 'id'>, { outside }: Pick<NodeStatus, 'outside'>, book: Revocations): boolean {
  return book.revocation(id) !== undefined || outside?.code === 'GOSSIP_E_REVOKED';
}

/** Whether it was forgotten, and nobody has heard of it since: whoever holds these very notes tells only of those that have called again. */
export function isForgotten(
  id: NodeId,
  book: Pick<NoteBook, 'forgotten' | 'digest'>,
  statuses: readonly Pick<NodeStatus, 'notes' | 'peers'>[],
): boolean {
  if (book.forgotten(id) === null) return false;
  return !statuses.some(({ notes, peers }) => notes?.digest === book.digest && peers.some((peer) => peer.id === id));
}

type Revocations = Pick<NoteBook, 'revocation'>;

/** Refuses a node that was revoked, as the place where something enters: by its own word, and by that of one other node, which it cannot keep from us. */
export async function requireHeard(
  node: NodeAddress,
  others: readonly NodeAddress[],
  api: Pick<NodeApi, 'status' | 'notes'>,
): Promise<void> {
  const [status, book] = await Promise.all([api.status(node, { patient: true }), notesOfAnother(others, api)]);
  if (isRevoked(node, status, book)) throw revokedError(node, book.revocation(node.id));
}

/** Of whoever answers first and is heard itself: one that was revoked has heard nothing since. Where nobody else does, the node's own word is all there is. */
async function notesOfAnother(others: readonly NodeAddress[], api: Pick<NodeApi, 'status' | 'notes'>): Promise<Revocations> {
  const none: Revocations = { revocation: () => undefined };
  const asked = others.map(async (other) => {
    const status = await api.status(other);
    if (isRevoked(other, status, none)) throw revokedError(other);
    return { other, status };
  });
  const first = await Promise.any(asked).catch(() => null);
  if (first === null || (first.status.notes?.count ?? 0) === 0) return none;
  return (await api.notes?.(first.other).catch(() => none)) ?? none;
}

/** Of a node that is named as the place where something enters, or that is to be spoken with and does not answer. */
export function revokedError({ id, name }: Pick<NodeAddress, 'id' | 'name'>, note?: VerifiedNote): GossipError {
  const called = name === '' ? id.slice(0, 12) : `${name} (${id.slice(0, 12)})`;
  return new GossipError(
    'GOSSIP_E_REVOKED',
    `${called} was revoked${note === undefined ? '' : ` ${byText(note)}`}: no other node hears it`,
    {
      advice: "Name another node with --to, or leave it out. 'gossip admit' takes a revocation back.",
    },
  );
}

/** `by ada at 2026-01-31T12:00:00.000Z` */
export function byText({ note: { author, time } }: VerifiedNote): string {
  return `${author === '' ? '' : `by ${author} `}at ${new Date(time).toISOString()}`;
}
