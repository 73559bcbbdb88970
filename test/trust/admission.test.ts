import { describe, expect, test } from 'vitest';
import type * as admissions from '../../src/trust/admission.ts';
import { makeAdmission, makeDelegation, refuseExpired, verifyAdmission, verifyDelegation } from '../../src/trust/admission.ts';
import type { Admission } from '../../src/trust/admission.ts';
import { signEnvelope } from '../../src/trust/envelope.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import { decodePublic, keyidOf, generateKey } from '../../src/trust/keys.ts';
import { admitKey, deployKeys, otherRoot, outcome, root, rootKey, sent, stranger } from './fixture.ts';
import { mutant } from './mutant.ts';

const expires = 1_800_000_000_000;
const delegated = generateKey();
const token = keyidOf(decodePublic(delegated.public));
const { id: node } = makeIdentity();
const { cluster } = root;
const delegation = makeDelegation({ cluster, public: delegated.public, expires }, [admitKey]);
const admission = makeAdmission({ cluster, node }, delegation, delegated);

const verdict = (shown: unknown, now: number | null = 0, module: Pick<typeof admissions, 'verifyAdmission'> = { verifyAdmission }) =>
  outcome(() => module.verifyAdmission(shown, root, { now }));

test('an admission names the node and when its token ends', () => {
  expect(verifyAdmission(sent(admission), root, { now: expires - 1 })).toEqual({ node, expires, token });
});

test('a delegation without an end admits for ever', () => {
  const endless = makeDelegation({ cluster, public: delegated.public, expires: null }, [admitKey]);
  expect(verifyAdmission(makeAdmission({ cluster, node }, endless, delegated), root, { now: 8e15 })).toEqual({
    node,
    expires: null,
    token: keyidOf(decodePublic(delegated.public)),
  });
});

describe('expiry', () => {
  test('admits nobody new from its moment on', () => {
    expect(verdict(admission, expires - 1)).toBe('accepted');
    expect(verdict(admission, expires)).toBe('GOSSIP_E_TOKEN_EXPIRED');
    expect(outcome(() => refuseExpired({ expires }, expires))).toBe('GOSSIP_E_TOKEN_EXPIRED');
    expect(outcome(() => refuseExpired({ expires: null }, expires))).toBe('accepted');
  });

  test('is not looked at for a node that is known already', () => {
    expect(verifyAdmission(admission, root, { now: null })).toEqual({ node, expires, token });
  });

  test('without the check an old token would admit', async () => {
    const open = await mutant<typeof admissions>('trust/admission.ts', { in: 'refuseExpired', never: 'expires' });
    expect(verdict(admission, expires, open)).toBe('accepted');
  });
});

describe('A8: an admission by the wrong key', () => {
  test.each<[string, Admission]>([
    [
      'delegated by a stranger',
      makeAdmission({ cluster, node }, makeDelegation({ cluster, public: delegated.public, expires }, [stranger]), delegated),
    ],
    [
      'delegated by the root key',
      makeAdmission({ cluster, node }, makeDelegation({ cluster, public: delegated.public, expires }, [rootKey]), delegated),
    ],
    [
      'delegated by deploy keys',
      makeAdmission({ cluster, node }, makeDelegation({ cluster, public: delegated.public, expires }, [...deployKeys]), delegated),
    ],
    [
      'delegated by nobody',
      makeAdmission({ cluster, node }, makeDelegation({ cluster, public: delegated.public, expires }, []), delegated),
    ],
    ['signed by another key than the delegated', makeAdmission({ cluster, node }, delegation, stranger)],
    ["signed by the node's own key", makeAdmission({ cluster, node }, delegation, makeIdentity().key)],
    ['signed by the admit key itself', makeAdmission({ cluster, node }, delegation, admitKey)],
  ])('%s is refused', (_name, shown) => {
    expect(verdict(shown)).toBe('GOSSIP_E_NOT_ADMITTED');
  });

  test('another node cannot put its id in', () => {
    const other = signEnvelope('gossip/admission/1', { type: 'gossip/admission/1', cluster, node: makeIdentity().id }, []);
    expect(verdict({ delegation, admission: { ...other, signatures: admission.admission.signatures } })).toBe('GOSSIP_E_NOT_ADMITTED');
  });

  test("a stranger's delegation would admit where its signatures are not counted", async () => {
    const open = await mutant<typeof admissions>(
      'trust/admission.ts',
      { in: 'verifyEnvelope', never: '0' },
      { in: 'verifyEnvelope', never: 'threshold' },
    );
    const foreign = makeDelegation({ cluster, public: delegated.public, expires }, [stranger]);
    expect(verdict(makeAdmission({ cluster, node }, foreign, delegated), 0, open)).toBe('accepted');
  });
});

describe('A3: an admission to another cluster', () => {
  const foreign = makeDelegation({ cluster: otherRoot.cluster, public: delegated.public, expires }, [admitKey]);
  const shown = [
    makeAdmission({ cluster, node }, foreign, delegated),
    makeAdmission({ cluster: otherRoot.cluster, node }, delegation, delegated),
  ];

  test('is refused though the operators are the same', () => {
    expect(outcome(() => verifyAdmission(admission, otherRoot, { now: 0 }))).toBe('GOSSIP_E_NOT_ADMITTED');
    for (const each of shown) expect(verdict(each)).toBe('GOSSIP_E_NOT_ADMITTED');
  });

  test('of other operators is told that it is of another cluster, and not of signatures', () => {
    const theirs = makeDelegation({ cluster: otherRoot.cluster, public: delegated.public, expires }, [stranger]);
    const between = `it is for cluster ${otherRoot.cluster.slice(0, 12)}, and not for ${cluster.slice(0, 12)}`;
    expect(() => verifyAdmission(makeAdmission({ cluster, node }, theirs, delegated), root, { now: 0 })).toThrow(between);
  });

  test('would be taken where the cluster is not compared', async () => {
    const open = await mutant<typeof admissions>('trust/admission.ts', { in: 'requireCluster', never: 'cluster' });
    for (const each of shown) expect(verdict(each, 0, open)).toBe('accepted');
  });
});

describe('malformed', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['text', 'admission'],
    ['empty', {}],
    ['array', [admission]],
    ['half', { delegation }],
    ['unknown field', { ...admission, role: 'admin' }],
    ['the two swapped', { delegation: admission.admission, admission: delegation }],
    ['delegation too large', { ...admission, delegation: { ...delegation, payload: 'A'.repeat(8_000) } }],
  ])('%s is refused', (_name, shown) => {
    expect(verdict(shown)).toBe('GOSSIP_E_NOT_ADMITTED');
  });

  test('a delegation of something that is no key is refused', () => {
    const nonsense = makeDelegation({ cluster, public: 'AAAA', expires }, [admitKey]);
    expect(outcome(() => verifyDelegation(nonsense, root))).toBe('GOSSIP_E_NOT_ADMITTED');
  });

  test.each([NaN, -1, 1.5, 9e15])('a delegation until %s is not made', (until) => {
    expect(outcome(() => makeDelegation({ cluster, public: delegated.public, expires: until }, [admitKey]))).toBe('GOSSIP_E_SCHEMA');
  });
});
