/** Keeps who was revoked out of the transport, in both directions (attack B15), by the notes that the protocol and the admissions share with it. */
import { revokedBody } from '../../api/refusal.ts';
import { NoteBook } from '../../gossip/note-book.ts';
import type { NodeId } from '../../model/names.ts';
import type { PeerClient } from '../transport/client/client.ts';
import type { PeerServer } from '../transport/server/server.ts';

export class Barring {
  readonly notes = new NoteBook();
  /** Both ends of the transport, once they are there. */
  readonly ends: (Pick<PeerServer, 'part'> | Pick<PeerClient, 'part'>)[] = [];
  readonly #self: NodeId;

  constructor(self: NodeId) {
    this.#self = self;
  }

  /** Whom this node does not speak with. */
  readonly isBarred = (id: NodeId): boolean => id !== this.#self && this.notes.revocation(id) !== undefined;

  /** What is said to one who calls all the same: the note, so that it need not believe a peer. Null: it may speak. */
  readonly refusal = (id: NodeId): Uint8Array | null => {
    const note = id === this.#self ? undefined : this.notes.revocation(id);
    return note === undefined ? null : revokedBody(note.envelope);
  };

  /** Ends what is open with a node. */
  readonly part = (id: NodeId): void => {
    for (const end of this.ends) void end.part(id);
  };
}
