/** What the operator of a simulated cluster decides of a node. */
import type { Peer } from '../../model/names.ts';
import type { NoteKind, VerifiedNote } from '../../trust/node-note.ts';
import type { SimNode } from '../node/node.ts';
import type { Cluster } from './cluster.ts';
import { insist } from './insist.ts';

/** Signs a note and tells it at a node until it has it. `done`: it is durable there. */
export function decide(cluster: Cluster, kind: NoteKind, about: Peer, at: SimNode, done = (): void => {}): VerifiedNote {
  const note = cluster.operator.note(kind, about.id);
  insist(cluster, at, (isDone) => at.takeNote(note, () => isDone(done)));
  return note;
}
