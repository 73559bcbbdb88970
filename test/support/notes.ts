/** Really signed notes about nodes of the cluster on paper. */
import { signNote, verifyNote } from '../../src/trust/node-note.ts';
import type { NodeNote, VerifiedNote } from '../../src/trust/node-note.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import type { TrustedRoot } from '../../src/trust/root.ts';
import { key, root } from './records.ts';

export function noteOf(kind: NodeNote['kind'], subject: string, change: Partial<NodeNote> = {}): NodeNote {
  const { cluster } = root;
  const time = 1_700_000_000_000;
  return {
    type: 'gossip/node-note/1',
    cluster,
    epoch: 1,
    kind,
    subject,
    incarnation: 0,
    count: 1,
    time,
    author: 'ada',
    name: '',
    ...change,
  };
}

export function note(
  kind: NodeNote['kind'],
  subject: string,
  change: Partial<NodeNote> = {},
  { signer = key, by = root }: { readonly signer?: PrivateKey; readonly by?: TrustedRoot } = {},
): VerifiedNote {
  return verifyNote(signNote(noteOf(kind, subject, change), [signer]), by);
}
