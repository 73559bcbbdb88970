/** TUF's conformance list for roots, as far as it applies (attack A11). A root that has expired does not apply: roots do not expire (law 7). */
import { describe, expect, test } from 'vitest';
import type { Envelope } from '../../src/model/deployment.ts';
import type { Address } from '../../src/model/names.ts';
import { addSignature, MAX_SIGNATURES, signEnvelope } from '../../src/trust/envelope.ts';
import { makeDelegation, verifyDelegation } from '../../src/trust/admission.ts';
import { signDeployment, verifyDeployment } from '../../src/trust/deployment.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type { HeldKey, PrivateKey } from '../../src/trust/keys.ts';
import { extendRoot, inspectNextRoot, makeNextRoot, nextRoot, stepsAfter } from '../../src/trust/next-root.ts';
import { makeRoot, ROOT_TYPE, trustRoot } from '../../src/trust/root.ts';
import type { Role, Root, TrustedRoot } from '../../src/trust/root.ts';
import { deployKeys, deployment, outcome, root, rootKey, rootOptions, sent, stranger } from './fixture.ts';

const keys = Array.from({ length: 20 }, generateKey);
const [k1, k2, k3, k4] = keys as [HeldKey, HeldKey, HeldKey, HeldKey];
const created = 5;

/** A cluster whose root keys are `rootKeys`, `threshold` of which must sign. */
function first(rootKeys: readonly PrivateKey[], threshold = 1): TrustedRoot {
  const [key] = rootKeys as [PrivateKey];
  return trustRoot(
    makeRoot({ name: 'paper', created: 0, rootKeys, deployKeys: [key], admitKeys: [key], thresholds: { root: threshold }, rendezvous: [] }),
  );
}

const role = (of: readonly PrivateKey[], threshold = 1): Role => ({ keys: of.map(({ keyid }) => keyid), threshold });
const publics = (of: readonly PrivateKey[]): Root['keys'] => Object.fromEntries(of.map((key) => [key.keyid, { public: key.public }]));

/** The payload of the version after `held`, whose root role has these keys. */
function after(held: TrustedRoot, rootKeys: readonly PrivateKey[], threshold = 1, change: object = {}): object {
  return {
    ...held.root,
    version: held.root.version + 1,
    keys: { ...held.root.keys, ...publics(rootKeys) },
    roles: { ...held.root.roles, root: role(rootKeys, threshold) },
    ...change,
  };
}

const by = (payload: unknown, ...signers: readonly PrivateKey[]): Envelope => signEnvelope(ROOT_TYPE, payload, signers);
const verdict = (held: TrustedRoot, step: unknown): string => outcome(() => nextRoot(held, step));

/** `count` steps after `held`, in each of which the root key is exchanged. */
function chain(held: TrustedRoot, key: PrivateKey, count: number): TrustedRoot {
  let [newest, last] = [held, key];
  for (let step = 0; step < count; step += 1) {
    const next = keys[step % keys.length] as PrivateKey;
    newest = nextRoot(newest, by(after(newest, [next]), last, next));
    last = next;
  }
  return newest;
}

test('a step that both thresholds signed is the next root; the cluster stays the same', () => {
  const one = first([k1]);
  const two = nextRoot(one, sent(by(after(one, [k2]), k1, k2)));
  expect(two).toMatchObject({ cluster: one.cluster, root: { version: 2, roles: { root: { keys: [k2.keyid] } } }, previous: one });
  expect(two.hash).not.toBe(one.hash);
});

describe('who must sign', () => {
  const one = first([k1, k2, k3], 2);
  const cases: readonly (readonly [string, readonly PrivateKey[], readonly PrivateKey[], number, string])[] = [
    ['both thresholds, by the same keys', [k1, k2], [k1, k2, k3], 2, 'accepted'],
    ['both thresholds, by keys of one each', [k1, k2, k4], [k4], 1, 'accepted'],
    ['a higher threshold, met', [k1, k2, k3], [k1, k2, k3], 3, 'accepted'],
    ['a higher threshold, met by the old one only', [k1, k2], [k1, k2, k3], 3, 'GOSSIP_E_THRESHOLD'],
    ['a lower threshold does not count for the version before', [k1], [k1, k2, k3], 1, 'GOSSIP_E_THRESHOLD'],
    ['only the old keys', [k1, k2], [k4], 1, 'GOSSIP_E_SIGNATURE'],
    ['only the new key', [k4], [k4], 1, 'GOSSIP_E_SIGNATURE'],
    ['too few of the old keys', [k1, k4], [k4], 1, 'GOSSIP_E_THRESHOLD'],
    ['nobody', [], [k4], 1, 'GOSSIP_E_SIGNATURE'],
    ['a stranger', [stranger], [k4], 1, 'GOSSIP_E_SIGNATURE'],
  ];
  test.each(cases)('%s', (_, signers, rootKeys, threshold, expected) => {
    expect(verdict(one, by(after(one, rootKeys, threshold), ...signers))).toBe(expected);
  });

  test('one key that signs twice counts once', () => {
    const step = by(after(one, [k4]), k1, k4);
    const [own] = step.signatures;
    expect(verdict(one, { ...step, signatures: [own, ...step.signatures, own] })).toBe('GOSSIP_E_THRESHOLD');
  });

  test('one key in two roles counts for the role that it signs for: a deploy key signs no root', () => {
    const cluster = trustRoot(makeRoot({ ...rootOptions, deployKeys: [k1, rootKey], thresholds: {} }));
    const step = after(cluster, [rootKey]);
    expect(verdict(cluster, by(step, k1))).toBe('GOSSIP_E_SIGNATURE');
    expect(verdict(cluster, by(step, rootKey))).toBe('accepted');
  });

  test('a signature over other bytes, or of an unknown scheme, counts for nothing', () => {
    const step = by(after(one, [k1, k2, k3], 2), k1, k2);
    const other = by(after(one, [k1, k2, k3], 1), k1, k2);
    expect(verdict(one, { ...step, signatures: other.signatures })).toBe('GOSSIP_E_SIGNATURE');
    expect(verdict(one, { ...step, signatures: step.signatures.map((each) => ({ ...each, scheme: 'none' })) })).toBe('GOSSIP_E_SCHEMA');
  });

  test('signatures of strangers do not travel on', () => {
    const step = by(after(one, [k1, k2], 2), k1, k2, stranger);
    expect(nextRoot(one, step).envelope.signatures.map(({ keyid }) => keyid)).toEqual([k1.keyid, k2.keyid]);
  });
});

describe('in sequence', () => {
  const one = first([k1]);
  const [two, three] = [chain(one, k1, 1), chain(one, k1, 2)];

  test.each([
    ['the same version again (replay)', { version: 2 }],
    ['a lower version (rollback)', { version: 1 }],
    ['a version is left out', { version: 4 }],
    ['the highest version there is', { version: Number.MAX_SAFE_INTEGER }],
    ['the trust epoch falls', { epoch: 0 }],
    ['the trust epoch leaps, so that none could follow', { epoch: 3 }],
  ])('%s: refused', (_, change) => {
    const held = chain(one, k1, 1);
    const last = keys[0] as PrivateKey;
    expect(verdict(held, by({ ...after(held, [last]), ...change }, last))).toMatch(/^GOSSIP_E_(ROOT_VERSION|SCHEMA)$/);
  });

  test('n+2 without n+1 is refused, with it taken', () => {
    expect(outcome(() => extendRoot(one, [three.envelope]))).toMatch(/^GOSSIP_E_/);
    expect(extendRoot(one, [two.envelope, three.envelope]).hash).toBe(three.hash);
    expect(outcome(() => extendRoot(one, [three.envelope, two.envelope]))).toMatch(/^GOSSIP_E_/);
  });

  test('what is known is passed over; nothing goes back', () => {
    expect(extendRoot(three, [two.envelope, three.envelope])).toBe(three);
    expect(extendRoot(three, [])).toBe(three);
  });

  test('a later version is no first root, and a first root no later version', () => {
    expect(outcome(() => trustRoot(two.envelope))).toBe('GOSSIP_E_SCHEMA');
    expect(verdict(one, one.envelope)).toBe('GOSSIP_E_ROOT_VERSION');
  });

  test('the trust epoch may rise by one', () => {
    expect(nextRoot(one, by(after(one, [k1], 1, { epoch: 2 }), k1)).root.epoch).toBe(2);
  });
});

describe('the form', () => {
  const one = first([k1]);
  const good = after(one, [k1]) as Root;
  const alias = 'f'.repeat(64);
  test.each<[string, object]>([
    ['an unknown field', { expires: 1 }],
    ['a field of a role that is unknown', { roles: { ...good.roles, root: { ...good.roles.root, terminating: true } } }],
    ['a role that is unknown', { roles: { ...good.roles, snapshot: good.roles.root } }],
    ['no root role', { roles: { deploy: good.roles.deploy, admit: good.roles.admit } }],
    ['threshold 0', { roles: { ...good.roles, root: { ...good.roles.root, threshold: 0 } } }],
    ['a threshold that is no whole number', { roles: { ...good.roles, deploy: { ...good.roles.deploy, threshold: 1.5 } } }],
    ['more must sign than there are keys', { roles: { ...good.roles, deploy: { ...good.roles.deploy, threshold: 2 } } }],
    ['a role without keys', { roles: { ...good.roles, admit: { keys: [], threshold: 1 } } }],
    ['a key twice in a role', { roles: { ...good.roles, root: { keys: [k1.keyid, k1.keyid], threshold: 2 } } }],
    [
      'a key under two ids',
      { keys: { ...good.keys, [alias]: { public: k1.public } }, roles: { ...good.roles, root: { keys: [k1.keyid, alias], threshold: 2 } } },
    ],
    ['a role that names a key that is not there', { keys: {} }],
    ['a key that is no Ed25519 key', { keys: { ...good.keys, [k1.keyid]: { public: 'AAAA' } } }],
    ['a name of a key that is hostile', { keys: { ...good.keys, [k1.keyid]: { public: k1.public, name: '\u001b[2J' } } }],
    ['another type', { type: 'gossip/root/2' }],
    ['a version that is no number', { version: '2' }],
  ])('%s: refused', (_, change) => {
    expect(verdict(one, by({ ...good, ...change }, k1))).toMatch(/^GOSSIP_E_(SCHEMA|ROOT_VERSION)$/);
  });

  test('signed as something else, or not in canonical form: refused', () => {
    expect(verdict(one, signEnvelope('gossip/deployment/1', good, [k1]))).toBe('GOSSIP_E_SCHEMA');
    const spaced = addSignature(
      { payload: Buffer.from(JSON.stringify(good, null, 1)).toString('base64'), payloadType: ROOT_TYPE, signatures: [] },
      k1,
    );
    expect(verdict(one, spaced)).toBe('GOSSIP_E_CANONICAL');
  });

  test('what can never be signed in one envelope is refused before it is signed', () => {
    const many = keys.slice(0, MAX_SIGNATURES + 1);
    const change = { created, keys: { ...one.root.keys, ...publics(many) } };
    const needs = (threshold: number) => ({ ...change, roles: { ...one.root.roles, root: role(many, threshold) } });
    expect(outcome(() => makeNextRoot(one, needs(MAX_SIGNATURES + 1), [k1]))).toBe('GOSSIP_E_SCHEMA');
    expect(outcome(() => makeNextRoot(first([stranger]), needs(MAX_SIGNATURES), [stranger]))).toBe('GOSSIP_E_SCHEMA');
    expect(outcome(() => makeNextRoot(one, needs(MAX_SIGNATURES), [k1]))).toBe('accepted');
  });

  test('an address that nobody can call is refused before it is signed', () => {
    const wrong = { id: makeIdentity().id, address: '::ffff:10.0.0.1:1' as Address, name: 'r1' };
    expect(outcome(() => makeNextRoot(one, { created, rendezvous: [wrong] }, [k1]))).toBe('GOSSIP_E_SCHEMA');
  });
});

test('a step is made, looked at and countersigned by those who are still lacking', () => {
  const one = first([k1, k2], 2);
  const named = { [k4.keyid]: { public: k4.public, name: 'ada' } };
  const change = { created, keys: { ...one.root.keys, ...named }, roles: { ...one.root.roles, root: role([k1, k2, k4], 3) } };
  const begun = makeNextRoot(one, change, [k1]);
  expect(inspectNextRoot(one, begun)).toMatchObject({ signers: [k1.keyid], lacking: { before: 1, own: 2 } });
  const done = addSignature(addSignature(begun, k2), k4);
  expect(inspectNextRoot(one, done).lacking).toEqual({ before: 0, own: 0 });
  expect(nextRoot(one, done).root.keys[k4.keyid]?.name).toBe('ada');
});

test('keys that no role has any more are not carried on', () => {
  const one = first([k1, k2]);
  const two = nextRoot(one, makeNextRoot(one, { created, roles: { ...one.root.roles, root: role([k1]) } }, [k1]));
  expect(Object.keys(two.root.keys)).toEqual([k1.keyid]);
});

describe('steps for whoever is behind', () => {
  const one = first([k1]);
  const newest = chain(one, k1, 300);

  test('300 of them are replayed from any version that is held', () => {
    expect(extendRoot(one, sent(stepsAfter(newest, 1))).hash).toBe(newest.hash);
    const middle = chain(one, k1, 150);
    expect(extendRoot(middle, stepsAfter(newest, 151)).hash).toBe(newest.hash);
  });

  test('they are bounded, one at least, and go on where they ended', () => {
    let held = one;
    let messages = 0;
    for (; held.root.version < newest.root.version; messages += 1) {
      held = extendRoot(held, stepsAfter(newest, held.root.version, { maxSteps: 32, maxBytes: 1_000_000 }));
    }
    expect(messages).toBe(10);
    expect(stepsAfter(newest, 1, { maxBytes: 1 })).toHaveLength(1);
  });

  test('whoever does not hold the version before has none to give', () => {
    expect(stepsAfter(newest, 400)).toEqual([]);
    expect(stepsAfter(newest, newest.root.version)).toEqual([]);
    const { previous: _, ...cut } = chain(one, k1, 3);
    expect(stepsAfter({ ...cut, previous: null }, 1)).toEqual([]);
  });
});

describe('what keys that are gone have signed', () => {
  const record = signDeployment(deployment, [deployKeys[0], deployKeys[1]]);
  const change = (roles: Partial<Root['roles']>, epoch = 1) => {
    const all = { ...root.root.keys, ...publics([k1, k2]) };
    return nextRoot(root, makeNextRoot(root, { created, epoch, keys: all, roles: { ...root.root.roles, ...roles } }, [rootKey]));
  };

  test('in the same trust epoch it stays good, and the new key is as good', () => {
    const two = change({ deploy: role([k1]) });
    expect(outcome(() => verifyDeployment(record, two))).toBe('accepted');
    expect(outcome(() => verifyDeployment(signDeployment(deployment, [k1]), two))).toBe('accepted');
    expect(outcome(() => verifyDeployment(signDeployment(deployment, [k1]), root))).toBe('GOSSIP_E_SIGNATURE');
  });

  test('thresholds of two versions do not add up', () => {
    const two = change({ deploy: role([k1, k2], 2) });
    expect(outcome(() => verifyDeployment(signDeployment(deployment, [k1, deployKeys[0]]), two))).toBe('GOSSIP_E_THRESHOLD');
  });

  test('a new trust epoch ends it, whatever its number', () => {
    const two = change({ deploy: role([k1]) }, 2);
    expect(outcome(() => verifyDeployment(record, two))).toMatch(/^GOSSIP_E_(SIGNATURE|WRONG_EPOCH)$/);
    const far = { ...deployment, number: { ...deployment.number, sequence: 2 ** 40 } };
    expect(outcome(() => verifyDeployment(signDeployment(far, [deployKeys[0], deployKeys[1]]), two))).toBe('GOSSIP_E_SIGNATURE');
    expect(outcome(() => verifyDeployment(signDeployment({ ...far, epoch: 2 }, [deployKeys[0], deployKeys[1]]), two))).toBe(
      'GOSSIP_E_SIGNATURE',
    );
    expect(outcome(() => verifyDeployment(signDeployment({ ...deployment, epoch: 2 }, [k1]), two))).toBe('accepted');
  });

  test('tokens of an admit key that was exchanged go on until the epoch ends', () => {
    const [admit] = [generateKey()];
    const one = trustRoot(makeRoot({ ...rootOptions, admitKeys: [admit] }));
    const delegation = makeDelegation({ cluster: one.cluster, public: stranger.public, expires: null }, [admit]);
    const all = { ...one.root.keys, ...publics([k1]) };
    const next = (epoch: number) =>
      nextRoot(one, makeNextRoot(one, { created, epoch, keys: all, roles: { ...one.root.roles, admit: role([k1]) } }, [rootKey]));
    expect(outcome(() => verifyDelegation(delegation, next(1)))).toBe('accepted');
    expect(outcome(() => verifyDelegation(delegation, next(2)))).toBe('GOSSIP_E_NOT_ADMITTED');
  });
});
