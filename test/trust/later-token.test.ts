/** Tokens and nodes of clusters whose root has changed. */
import { expect, test } from 'vitest';
import { makeAdmission, makeDelegation, verifyAdmission } from '../../src/trust/admission.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../src/trust/next-root.ts';
import { makeToken, parseToken } from '../../src/trust/token.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import { enroll } from '../../src/core/admission/enrollment.ts';
import { admitKey, otherRoot, outcome, root, rootEnvelope, rootKey } from './fixture.ts';

const admit = generateKey();
const change = {
  created: 1,
  keys: { ...root.root.keys, [admit.keyid]: { public: admit.public } },
  roles: { ...root.root.roles, admit: { keys: [admit.keyid], threshold: 1 } },
};
const second = nextRoot(root, makeNextRoot(root, change, [rootKey]));
const secret = generateKey();
const delegation = makeDelegation({ cluster: root.cluster, public: secret.public, expires: null }, [admit]);
const later = { root: rootEnvelope, steps: [second.envelope], delegation, secret };

test('a token of a later root has the steps to it, and admits by the new key', () => {
  const token = parseToken(makeToken(later));
  expect(token.root).toMatchObject({ cluster: root.cluster, hash: second.hash, previous: root });
  const { id } = makeIdentity();
  expect(verifyAdmission(makeAdmission({ cluster: root.cluster, node: id }, delegation, secret), token.root, { now: 0 }).node).toBe(id);
});

test.each([
  ['no steps, and a key that the first root does not name', { ...later, steps: [] }],
  ['the first root of another cluster', { ...later, root: otherRoot.envelope }],
  ['a step that nobody signed', { ...later, steps: [{ ...second.envelope, signatures: [] }] }],
  ['a later root in the place of the first', { ...later, root: second.envelope }],
])('%s: refused', (_, parts) => {
  expect(outcome(() => parseToken(makeToken(parts)))).toBe('GOSSIP_E_TOKEN');
});

test('a node that joined with it holds its root after a restart, and admits by every key of the trust epoch', async () => {
  const file = new MemoryFile();
  const { id } = makeIdentity();
  const joined = await enroll(file as never, { id, token: makeToken(later), name: 'ada', now: 0 });
  const again = await enroll(file as never, { id, token: undefined, name: undefined, now: 0 });
  expect([joined.root.hash, again.root.hash]).toEqual([second.hash, second.hash]);
  const old = generateKey();
  const before = makeDelegation({ cluster: root.cluster, public: old.public, expires: null }, [admitKey]);
  expect(verifyAdmission(makeAdmission({ cluster: root.cluster, node: id }, before, old), again.root, { now: 0 }).node).toBe(id);
});

/** `cluster.json`, in memory. */
class MemoryFile {
  path = 'cluster.json';
  value: unknown = null;
  load = () => Promise.resolve({ value: this.value, damaged: false });
  save = (value: unknown) => Promise.resolve(void (this.value = JSON.parse(JSON.stringify(value))));
}
