/** Warrants: what tells an operator from a node that was admitted. */
import { expect, test } from 'vitest';
import { makeIdentity } from '../../src/trust/identity.ts';
import { makeDelegation } from '../../src/trust/admission.ts';
import { signEnvelope } from '../../src/trust/envelope.ts';
import { makeWarrant, MAX_WARRANT_BYTES, verifyWarrant } from '../../src/trust/warrant.ts';
import { admitKey, deployKeys, otherRoot, outcome, root, rootKey, stranger } from './fixture.ts';

const { id } = makeIdentity();
const other = makeIdentity();
const [key, second] = deployKeys;
const good = { type: 'gossip/warrant/1', cluster: root.cluster, epoch: 1, operator: id };
const signed = (payload: unknown, type = 'gossip/warrant/1', by = key): string => JSON.stringify(signEnvelope(type, payload, [by]));

test('one deploy key is enough, whatever the threshold; it fits its header twice', () => {
  for (const by of [key, second]) {
    const warrant = makeWarrant(root, id, by);
    expect(outcome(() => verifyWarrant(warrant, id, root))).toBe('accepted');
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
  expect(outcome(() => verifyWarrant(make(), from, root))).toBe(code);
});
