import { describe, expect, test } from 'vitest';
import type { Address, ClusterId, NodeId } from '../../src/model/names.ts';
import { signEnvelope } from '../../src/trust/envelope.ts';
import { makeNextRoot, nextRoot } from '../../src/trust/next-root.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type * as roots from '../../src/trust/root.ts';
import { isLiteralAddress, makeRoot, roleOf, ROOT_TYPE, trustRoot } from '../../src/trust/root.ts';
import type { Root } from '../../src/trust/root.ts';
import { deployKeys, otherRoot, outcome, rendezvous, root, rootEnvelope, rootKey, rootOptions, sent, stranger } from './fixture.ts';
import { mutant } from './mutant.ts';

/** A root as an operator with the right key but wrong software could sign it. */
const signed = (change: object) => signEnvelope(ROOT_TYPE, { ...root.root, ...change }, [rootKey]);
const verdict = (change: object) => outcome(() => trustRoot(signed(change)));

test('a root is trusted by its own signature and names the cluster by its hash', () => {
  const again = trustRoot(sent(rootEnvelope));
  expect(again).toEqual(root);
  expect(again.cluster).toMatch(/^[0-9a-f]{64}$/);
  expect(again.root).toMatchObject({ type: 'gossip/root/1', version: 1, epoch: 1, name: 'paper' });
  expect(otherRoot.cluster).not.toBe(root.cluster);
});

test('one key for all roles, threshold 1, is the least root', () => {
  const key = generateKey();
  const { root: least } = trustRoot(
    makeRoot({ name: 'lab', created: 0, rootKeys: [key], deployKeys: [key], admitKeys: [key], rendezvous: [] }),
  );
  const role = { keys: [key.keyid], threshold: 1 };
  expect(least.roles).toEqual({ root: role, deploy: role, admit: role });
  expect(Object.keys(least.keys)).toEqual([key.keyid]);
});

test('a role gives its keys and how many must sign', () => {
  const { keys, threshold } = roleOf(root.root, 'deploy');
  expect(threshold).toBe(2);
  expect([...keys]).toEqual(deployKeys.map((key) => [key.keyid, key.public]));
});

test('the expected cluster is required', () => {
  expect(outcome(() => trustRoot(rootEnvelope, root.cluster))).toBe('accepted');
  expect(outcome(() => trustRoot(rootEnvelope, otherRoot.cluster))).toBe('GOSSIP_E_WRONG_CLUSTER');
  expect(outcome(() => trustRoot(rootEnvelope, '' as ClusterId))).toBe('GOSSIP_E_WRONG_CLUSTER');
});

describe('the role that observes', () => {
  const observer = generateKey();
  const keys = { ...root.root.keys, [observer.keyid]: { public: observer.public } };
  const with_ = (observe: object) => ({ keys, roles: { ...root.root.roles, observe } });
  const next = (change: object) => outcome(() => nextRoot(root, makeNextRoot(root, { created: 1, ...change }, [rootKey])));

  test('is none that a root must have; one without it is written as before', () => {
    expect(Object.keys(root.root.roles).toSorted()).toEqual(['admit', 'deploy', 'root']);
    expect(roleOf(root.root, 'observe')).toEqual({ keys: new Map(), threshold: 1 });
    const { root: later } = nextRoot(root, makeNextRoot(root, { created: 1 }, [rootKey]));
    expect(Object.keys(later.roles).toSorted()).toEqual(['admit', 'deploy', 'root']);
  });

  test('comes with a later version, never with the first, which nodes of version 0.1 read', () => {
    const role = { keys: [observer.keyid], threshold: 1 };
    expect(verdict(with_(role))).toBe('GOSSIP_E_SCHEMA');
    expect(next(with_(role))).toBe('accepted');
  });

  test.each([
    ['a key that is not there', { keys: [generateKey().keyid], threshold: 1 }],
    ['a key twice', { keys: [observer.keyid, observer.keyid], threshold: 1 }],
    ['no key', { keys: [], threshold: 1 }],
    ['a threshold, for nothing is signed', { keys: [observer.keyid, rootKey.keyid], threshold: 2 }],
    ['a field too much', { keys: [observer.keyid], threshold: 1, more: 1 }],
  ])('is refused with %s', (_, role) => expect(next(with_(role))).toBe('GOSSIP_E_SCHEMA'));
});

describe('a root that did not sign itself', () => {
  test('unsigned, by a stranger, or by another role: refused', () => {
    for (const signers of [[], [stranger], [...deployKeys]]) {
      expect(outcome(() => trustRoot(signEnvelope(ROOT_TYPE, root.root, signers)))).toBe('GOSSIP_E_SIGNATURE');
    }
  });

  test('by too few of its root keys: refused', () => {
    const keys = [generateKey(), generateKey(), generateKey()];
    const full = makeRoot({ ...rootOptions, rootKeys: keys, thresholds: { root: 2 } });
    expect(outcome(() => trustRoot(full))).toBe('accepted');
    expect(outcome(() => trustRoot({ ...full, signatures: full.signatures.slice(0, 1) }))).toBe('GOSSIP_E_THRESHOLD');
  });

  test('makeRoot asks for no threshold that its keys cannot meet', () => {
    expect(outcome(() => makeRoot({ ...rootOptions, thresholds: { deploy: 4 } }))).toBe('GOSSIP_E_SCHEMA');
    expect(outcome(() => makeRoot({ ...rootOptions, thresholds: { admit: 0 } }))).toBe('GOSSIP_E_SCHEMA');
    expect(outcome(() => makeRoot({ ...rootOptions, deployKeys: [] }))).toBe('GOSSIP_E_SCHEMA');
  });
});

describe('A9: a root cannot count one key twice', () => {
  const { keys, roles } = root.root;
  const alias = 'f'.repeat(64);
  const first = deployKeys[0];
  const aliased = {
    keys: { ...keys, [alias]: { public: first.public } },
    roles: { ...roles, deploy: { keys: [first.keyid, alias], threshold: 2 } },
  };

  test('a key under a second id: refused', () => {
    expect(verdict(aliased)).toBe('GOSSIP_E_SCHEMA');
  });

  test('it passes where ids are believed', async () => {
    const open = await mutant<typeof roots>('trust/root.ts', { in: 'checkRoot', never: 'keyidOf()' });
    expect(outcome(() => open.trustRoot(signed(aliased)))).toBe('accepted');
  });

  test.each([
    ['a role that names a key twice', { roles: { ...roles, deploy: { keys: [first.keyid, first.keyid], threshold: 2 } } }],
    ['a threshold above the keys', { roles: { ...roles, deploy: { keys: [first.keyid], threshold: 2 } } }],
    ['a threshold of nothing', { roles: { ...roles, deploy: { keys: [first.keyid], threshold: 0 } } }],
    ['half a signature', { roles: { ...roles, deploy: { keys: [first.keyid], threshold: 0.5 } } }],
    ['a role without keys', { roles: { ...roles, admit: { keys: [], threshold: 1 } } }],
    ['a key that is not there', { roles: { ...roles, admit: { keys: [stranger.keyid], threshold: 1 } } }],
    ['a key named constructor', { roles: { ...roles, admit: { keys: ['constructor'], threshold: 1 } } }],
    ['no admit role', { roles: { root: roles.root, deploy: roles.deploy } }],
    ['a role too many', { roles: { ...roles, god: roles.root } }],
  ])('%s: refused', (_name, change) => {
    expect(verdict(change)).toBe('GOSSIP_E_SCHEMA');
  });
});

test.each<[string, object]>([
  ['another type', { type: 'gossip/root/2' }],
  ['version 2', { version: 2 }],
  ['epoch 0', { epoch: 0 }],
  ['epoch as text', { epoch: '1' }],
  ['an endless epoch', { epoch: 2 ** 53 - 1 }],
  ['an unknown field', { extra: 1 }],
  ['a name with an escape', { name: 'a\u001b[31m' }],
  ['an empty name', { name: '' }],
  ['a time in seconds with a fraction', { created: 1.5 }],
  ['keys as array', { keys: [] }],
  ['a key that is no key', { keys: { ...root.root.keys, ['0'.repeat(64)]: { public: 'AAAA' } } }],
  ['a reserved key id', { keys: { ...root.root.keys, constructor: { public: rootKey.public } } }],
])('%s: refused', (_name, change) => {
  expect(verdict(change)).toBe('GOSSIP_E_SCHEMA');
});

test.each([null, undefined, 1, 'text', [], {}, { payload: '', payloadType: ROOT_TYPE, signatures: [] }])('%j is no root', (input) => {
  expect(outcome(() => trustRoot(input))).toMatch(/^GOSSIP_E_(SCHEMA|CANONICAL)$/);
});

describe('rendezvous nodes', () => {
  const node = { id: rendezvous.id, address: '127.0.0.1:7946' as Address, name: 'rendezvous1' };
  const other = { id: makeIdentity().id, address: '[::1]:7946' as Address, name: 'rendezvous2' };
  const withNodes = (...nodes: readonly object[]) => verdict({ rendezvous: nodes });

  test('several are fine, by IPv4 and IPv6', () => {
    expect(withNodes(node, other)).toBe('accepted');
  });

  test.each([
    ['an id twice', { ...other, id: node.id }],
    ['an address twice', { ...other, address: node.address }],
    ['a host name', { ...other, address: 'localhost:7946' as Address }],
    ['a short id', { ...other, id: 'abc' as NodeId }],
    ['a name with capitals', { ...other, name: 'R2' }],
    ['an unknown field', { ...other, role: 'x' }],
  ])('%s: refused', (_name, second) => {
    expect(withNodes(node, second)).toBe('GOSSIP_E_SCHEMA');
  });

  test.each(['127.0.0.1:1', '10.0.0.7:65535', '[::1]:7946', '[fe80::1]:1', '[::ffff:10.0.0.1]:1'])('%s is a literal address', (text) => {
    expect(isLiteralAddress(text)).toBe(true);
  });

  test.each([
    '',
    ':1',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.256:1',
    '127.1:1',
    '010.0.0.1:1',
    '0x7f.0.0.1:1',
    '2130706433:1',
    '::1:7946',
    '[::1]',
    '[::1]:0',
    '[:::::]:1',
    '[::1',
    '[127.0.0.1]:1',
    '[fe80::1%eth0]:1',
    'a.b.c.d:1',
    '127.0.0.1:1 ',
    ' 127.0.0.1:1',
    '127.0.0.1:1\n',
    'u@127.0.0.1:1',
    '127.0.0.1:1/x',
  ])('%j is not', (text) => {
    expect(isLiteralAddress(text)).toBe(false);
  });
});

test('makeRoot keeps only the fields that a root has', () => {
  const generous = { ...rootOptions, rendezvous: rootOptions.rendezvous.map((node) => ({ ...node, failures: 3 })) };
  const { rendezvous: nodes }: Root = trustRoot(makeRoot(generous)).root;
  expect(nodes).toEqual(rootOptions.rendezvous);
});
