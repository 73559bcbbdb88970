/** Notes about nodes: who may sign them, what they may say, and what becomes of them when the root changes. */
import { expect, test } from 'vitest';
import type { GossipError } from '../../src/model/errors.ts';
import { signEnvelope } from '../../src/trust/envelope.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../src/trust/next-root.ts';
import { NODE_NOTE_TYPE, renewNotes, signNote, verifyNote } from '../../src/trust/node-note.ts';
import { makeRoot, trustRoot } from '../../src/trust/root.ts';
import type { TrustedRoot } from '../../src/trust/root.ts';
import { note, noteOf } from '../support/notes.ts';
import { key, peer, root } from '../support/records.ts';

const { id } = peer(1);

function refusal(act: () => unknown): string {
  try {
    act();
    return 'taken';
  } catch (error) {
    return (error as GossipError).code;
  }
}

function exchanged(before: TrustedRoot, admit: PrivateKey, raise: number): TrustedRoot {
  const { keys, roles } = before.root;
  const change = {
    created: 1,
    epoch: before.root.epoch + raise,
    keys: { ...keys, [admit.keyid]: { public: admit.public } },
    roles: { ...roles, admit: { keys: [admit.keyid], threshold: 1 } },
  };
  return nextRoot(before, makeNextRoot(before, change, [key]));
}

test('a note holds where the threshold of the admit role has signed it', () => {
  const [one, two] = [generateKey(), generateKey()];
  const strict = trustRoot(
    makeRoot({
      name: 'strict',
      created: 1,
      rootKeys: [key],
      deployKeys: [key],
      admitKeys: [one, two],
      thresholds: { admit: 2 },
      rendezvous: [],
    }),
  );
  const payload = { ...noteOf('revoke', id), cluster: strict.cluster };
  expect(verifyNote(signNote(payload, [one, two]), strict).note).toEqual(payload);
  expect(refusal(() => verifyNote(signNote(payload, [one]), strict))).toBe('GOSSIP_E_THRESHOLD');
  expect(refusal(() => verifyNote(signNote(payload, [one, one]), strict))).toBe('GOSSIP_E_THRESHOLD');
  expect(refusal(() => verifyNote(signNote(payload, [key]), strict))).toBe('GOSSIP_E_SIGNATURE');
});

test.each<[string, object, string]>([
  ['another cluster', { cluster: 'f'.repeat(64) }, 'GOSSIP_E_WRONG_CLUSTER'],
  ['a later trust epoch', { epoch: 2 }, 'GOSSIP_E_WRONG_EPOCH'],
  ['an unknown kind', { kind: 'praise' }, 'GOSSIP_E_SCHEMA'],
  ['an unknown field', { why: 'x' }, 'GOSSIP_E_SCHEMA'],
  ['no subject', { subject: '' }, 'GOSSIP_E_SCHEMA'],
  ['a count below 1', { count: 0 }, 'GOSSIP_E_SCHEMA'],
  ['a huge count', { count: 2 ** 53 }, 'GOSSIP_E_SCHEMA'],
  ['a name that steers terminals', { name: '\u001b[2J' }, 'GOSSIP_E_SCHEMA'],
])('%s is refused, whoever signed it', (_, change, code) => {
  const envelope = signEnvelope(NODE_NOTE_TYPE, { ...noteOf('revoke', id), ...change }, [key]);
  expect(refusal(() => verifyNote(envelope, root))).toBe(code);
});

test('a note outlives the exchange of its key, and in a new trust epoch only where its key stays, or it is signed anew', () => {
  const fresh = generateKey();
  const made = note('revoke', id, { count: 3 });
  expect(verifyNote(made.envelope, exchanged(root, fresh, 0)).note).toEqual(made.note);
  expect(verifyNote(made.envelope, exchanged(root, key, 1)).note).toEqual(made.note);
  const raised = exchanged(root, fresh, 1);
  expect(refusal(() => verifyNote(made.envelope, raised))).toBe('GOSSIP_E_SIGNATURE');
  const [renewed] = renewNotes([made], raised, [fresh]);
  expect(verifyNote(renewed, raised).note).toEqual({ ...made.note, epoch: 2 });
});
