/** Warrants: what tells an operator from a node that was admitted. */
import { expect, test } from 'vitest';
import { makeIdentity } from '../../src/trust/identity.ts';
import { makeDelegation } from '../../src/trust/admission.ts';
import { signEnvelope } from '../../src/trust/envelope.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type { PrivateKey } from '../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../src/trust/next-root.ts';
import { makeWarrant, MAX_WARRANT_BYTES, verifyWarrant } from '../../src/trust/warrant.ts';
import type { Need } from '../../src/trust/warrant.ts';
import { admitKey, deployKeys, otherRoot, outcome, root, rootKey, stranger } from './fixture.ts';

const { id } = makeIdentity();
const other = makeIdentity();
const [key, second] = deployKeys;
const good = { type: 'gossip/warrant/1', cluster: root.cluster, epoch: 1, operator: id };
const signed = (payload: unknown, type = 'gossip/warrant/1', by = key): string => JSON.stringify(signEnvelope(type, payload, [by]));

test('one deploy key is enough, whatever the threshold; it fits its header twice', () => {
  for (const by of [key, second]) {
    const warrant = makeWarrant(root, id, by);
    expect(outcome(() => verifyWarrant(warrant, id, root, 'deploy'))).toBe('accepted');
    expect(warrant).toMatch(/^[ -~]+$/);
    expect(warrant.length).toBeLessThan(MAX_WARRANT_BYTES - 100);
  }
});

test.each([
  ['shown by whom it is not for', () => makeWarrant(root, id, key), other.id, 'GOSSIP_E_IDENTITY'],
  ['signed by the key that lets nodes in', () => makeWarrant(root, id, admitKey), id, 'GOSSIP_E_SIGNATURE'],
  ['signed by the key of the root', () => makeWarrant(root, id, rootKey), id, 'GOSSIP_E_SIGNATURE'],
  ['signed by nobody of the cluster', () => makeWarrant(root, id, stranger), id, 'GOSSIP_E_SIGNATURE'],
  ['for another cluster', () => signed({ ...good, cluster: otherRoot.cluster }), id, 'GOSSIP_E_WRONG_CLUSTER'],
  ['of another trust epoch', () => signed({ ...good, epoch: 2 }), id, 'GOSSIP_E_WRONG_EPOCH'],
  ['signed as something else', () => signed(good, 'gossip/deployment/1'), id, 'GOSSIP_E_SCHEMA'],
  ['with a field too much', () => signed({ ...good, more: 1 }), id, 'GOSSIP_E_SCHEMA'],
  [
    'a delegation',
    () => JSON.stringify(makeDelegation({ cluster: root.cluster, public: key.public, expires: null }, [key])),
    id,
    'GOSSIP_E_SCHEMA',
  ],
  ['changed after it was signed', () => makeWarrant(root, id, key).replace('"payload":"e', '"payload":"f'), id, 'GOSSIP_E_SIGNATURE'],
  ['nothing', () => '', id, 'GOSSIP_E_REQUEST'],
  ['no JSON', () => 'warrant', id, 'GOSSIP_E_REQUEST'],
  ['too long', () => 'x'.repeat(MAX_WARRANT_BYTES + 1), id, 'GOSSIP_E_TOO_LARGE'],
])('is refused: %s', (_, make, from, code) => {
  expect(outcome(() => verifyWarrant(make(), from, root, 'observe'))).toBe(code);
});

test('a key that observes is good for what lies open to it, and for nothing that takes one who may deploy', () => {
  const [observer, both] = [generateKey(), deployKeys[1]];
  const keys = { ...root.root.keys, [observer.keyid]: { public: observer.public, name: 'grafana' } };
  const roles = { ...root.root.roles, observe: { keys: [observer.keyid, both.keyid], threshold: 1 } };
  const next = nextRoot(root, makeNextRoot(root, { created: 1, keys, roles }, [rootKey]));
  const verdict = (by: PrivateKey, need: Need, under = next) => outcome(() => verifyWarrant(makeWarrant(under, id, by), id, under, need));
  expect([verdict(observer, 'observe'), verdict(observer, 'deploy')]).toEqual(['accepted', 'GOSSIP_E_SIGNATURE']);
  expect([verdict(both, 'observe'), verdict(both, 'deploy')]).toEqual(['accepted', 'accepted']);
  // Before it was named, and when its role was taken from it.
  expect(verdict(observer, 'observe', root)).toBe('GOSSIP_E_SIGNATURE');
  const { observe: _, ...without } = next.root.roles;
  const later = nextRoot(next, makeNextRoot(next, { created: 2, roles: without }, [rootKey]));
  expect(verdict(observer, 'observe', later)).toBe('GOSSIP_E_SIGNATURE');
});
