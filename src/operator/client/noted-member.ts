/** A node that came without a token shows the note by which operators let it in: whoever asks it need not have heard of that. */
import { GossipError } from '../../model/errors.ts';
import { verifyNote } from '../../trust/node-note.ts';
import type { TrustedRoot } from '../../trust/root.ts';
import type { NodeAddress } from './node-api.ts';

/** Refuses one that shows no such note of its own, with `GOSSIP_E_NOT_ADMITTED`. */
export function requireNoted(shown: unknown, { id, name, address }: NodeAddress, root: TrustedRoot): void {
  const note = shown === undefined ? null : verifyNote(shown, root).note;
  if (note?.kind === 'admit' && note.subject === id) return;
  throw new GossipError('GOSSIP_E_NOT_ADMITTED', `${name || address} shows neither an admission nor a note that lets it in`);
}
