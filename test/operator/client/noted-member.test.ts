/** A node that came without a token proves itself to commands by the note that lets it in, and by nothing else. */
import { expect, test } from 'vitest';
import { requireNoted } from '../../../src/operator/client/noted-member.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { signNote } from '../../../src/trust/node-note.ts';
import { note, noteOf } from '../../support/notes.ts';
import { peer, root } from '../../support/records.ts';

const asked = peer(7);
const judge = (shown: unknown) => () => requireNoted(shown, asked, root);

test('a node is known by the note that lets it in; not by that of another, by another kind, by a stranger’s, or by none', () => {
  expect(judge(note('admit', asked.id).envelope)).not.toThrow();
  for (const shown of [note('admit', peer(8).id).envelope, note('revoke', asked.id).envelope, undefined])
    expect(judge(shown)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_NOT_ADMITTED' }));
  const forged = signNote(noteOf('admit', asked.id), [generateKey()]);
  expect(judge(forged)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_SIGNATURE' }));
  for (const shown of [null, 7, {}, 'x'.repeat(9_999)]) expect(judge(shown)).toThrow(expect.objectContaining({ name: 'GossipError' }));
});
