import { describe, expect, test } from 'vitest';
import { MAX_SEQUENCE } from '../../src/model/deployment-number.ts';
import { MAX_RECORD_BYTES } from '../../src/sdk/limits.ts';
import type { Deployment } from '../../src/model/deployment.ts';
import { canonicalBytes } from '../../src/trust/canonical.ts';
import type * as deployments from '../../src/trust/deployment.ts';
import { DEPLOYMENT_TYPE, makeVerifier, signDeployment, verifyDeployment } from '../../src/trust/deployment.ts';
import { addSignature, signEnvelope } from '../../src/trust/envelope.ts';
import { makeRoot, trustRoot } from '../../src/trust/root.ts';
import { admitKey, deployKeys, deployment, otherRoot, outcome, root, rootKey, rootOptions, sent, stranger } from './fixture.ts';
import { mutant } from './mutant.ts';

const [first, second, third] = deployKeys;
const envelope = signDeployment(deployment, [first, second]);

/** What a node says of a payload that the right keys signed with the wrong software. */
const verdict = (change: object, module: Pick<typeof deployments, 'verifyDeployment'> = { verifyDeployment }) =>
  outcome(() => module.verifyDeployment(sent(signEnvelope(DEPLOYMENT_TYPE, { ...deployment, ...change }, [first, second])), root));
const number = (sequence: unknown) => ({ number: { ...deployment.number, sequence } });

test('a deployment is read back as it was signed', () => {
  const verified = verifyDeployment(sent(envelope), root);
  expect(verified.deployment).toEqual(deployment);
  expect(verified.envelope).toEqual(envelope);
  expect(verified.hash).toMatch(/^[0-9a-f]{64}$/);
});

test('the payload hash does not depend on who signed', () => {
  expect(verifyDeployment(signDeployment(deployment, [second, third]), root).hash).toBe(verifyDeployment(envelope, root).hash);
});

test('a tombstone and a deployment of the empty settings are deployments', () => {
  expect(verdict({ code: null, settings: {} })).toBe('accepted');
});

test('operators may sign one after the other', () => {
  const half = signDeployment(deployment, [first]);
  expect(outcome(() => verifyDeployment(half, root))).toBe('GOSSIP_E_THRESHOLD');
  expect(outcome(() => verifyDeployment(addSignature(half, third), root))).toBe('accepted');
});

describe('A8: keys of another role', () => {
  const byRoot = signDeployment(deployment, [rootKey, admitKey]);

  test('the root and admit keys deploy nothing, nor does a stranger', () => {
    expect(outcome(() => verifyDeployment(byRoot, root))).toBe('GOSSIP_E_SIGNATURE');
    expect(outcome(() => verifyDeployment(signDeployment(deployment, [stranger]), root))).toBe('GOSSIP_E_SIGNATURE');
    expect(outcome(() => verifyDeployment(signDeployment(deployment, [first, rootKey]), root))).toBe('GOSSIP_E_THRESHOLD');
  });

  test('they would where every key of the root counts', async () => {
    const open = await mutant<typeof deployments>('trust/deployment.ts', { in: 'roleOf', of: 'map', is: 'Object.keys(root.keys).map' });
    expect(outcome(() => open.verifyDeployment(byRoot, root))).toBe('accepted');
  });
});

describe('A3: another cluster, another epoch', () => {
  test('a deployment for another cluster of the same operators is refused', () => {
    expect(verdict({ cluster: otherRoot.cluster })).toBe('GOSSIP_E_WRONG_CLUSTER');
    expect(outcome(() => verifyDeployment(envelope, otherRoot))).toBe('GOSSIP_E_WRONG_CLUSTER');
  });

  test('it would be taken where the cluster is not compared', async () => {
    const open = await mutant<typeof deployments>('trust/deployment.ts', { in: 'checkBelonging', never: 'cluster' });
    expect(outcome(() => open.verifyDeployment(envelope, otherRoot))).toBe('accepted');
  });

  test('a deployment of another trust epoch is refused, and would be taken unchecked', async () => {
    expect(verdict({ epoch: 2 })).toBe('GOSSIP_E_WRONG_EPOCH');
    const open = await mutant<typeof deployments>('trust/deployment.ts', { in: 'checkBelonging', never: 'epoch' });
    expect(verdict({ epoch: 2 }, open)).toBe('accepted');
  });
});

describe('A13: fast-forward', () => {
  const bad = [2 ** 53 - 1, 2 ** 53, MAX_SEQUENCE + 1, 0, -1, 1.5, 1e300, '3', null, true, [3], {}];

  test.each(bad)('sequence %j is refused', (sequence) => {
    expect(verdict(number(sequence))).toBe('GOSSIP_E_NUMBER');
  });

  test('the highest sequence is not', () => {
    expect(verdict(number(MAX_SEQUENCE))).toBe('accepted');
  });

  test('NaN and infinity cannot even be signed', () => {
    for (const sequence of [NaN, Infinity]) {
      expect(outcome(() => signDeployment({ ...deployment, ...number(sequence) } as Deployment, [first]))).toBe('GOSSIP_E_NUMBER');
      expect(outcome(() => signEnvelope(DEPLOYMENT_TYPE, number(sequence), [first]))).toBe('GOSSIP_E_CANONICAL');
    }
  });

  test('without the upper bound a sequence near the loss of precision would be taken', async () => {
    const open = await mutant<typeof deployments>('trust/deployment.ts', { in: 'deploymentSchema.number.sequence', is: 'v.number()' });
    for (const sequence of [2 ** 53 - 1, -1, 1.5]) expect(verdict(number(sequence), open)).toBe('accepted');
  });

  test.each([
    ['a number without origin', { number: { sequence: 1, time: 1 } }],
    ['a negative time', { number: { ...deployment.number, time: -1 } }],
    ['an origin that is no node', { number: { ...deployment.number, origin: 'rendezvous1' } }],
    ['an unknown field in the number', { number: { ...deployment.number, epoch: 1 } }],
    ['epoch 0', { epoch: 0 }],
  ])('%s is refused', (_name, change) => {
    expect(verdict(change)).toBe('GOSSIP_E_NUMBER');
  });

  test('a deployment without a number is refused', () => {
    const { number: _, ...rest } = deployment;
    expect(outcome(() => verifyDeployment(signEnvelope(DEPLOYMENT_TYPE, rest, [first, second]), root))).toBe('GOSSIP_E_NUMBER');
  });
});

describe('C2: names and keys', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'A', '1a', 'a_b', 'a/b', '../a', 'a\n', 'é', 'a'.repeat(41)])(
    'a module named %j is refused',
    (module) => {
      expect(verdict({ module })).toBe('GOSSIP_E_MODULE_NAME');
    },
  );

  const hostile = ['{"__proto__":{"polluted":true}}', '{"a":[{"constructor":{"prototype":{}}}]}', '{"prototype":1}'].map((text) => ({
    settings: JSON.parse(text) as object,
  }));

  test.each(hostile)('settings %j are refused', (change) => {
    expect(verdict(change)).toBe('GOSSIP_E_SCHEMA');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('they would be taken without the check of reserved names', async () => {
    const open = await mutant<typeof deployments>('trust/deployment.ts', { in: 'refuseReserved', never: 'RESERVED' });
    for (const change of hostile) expect(verdict(change, open)).toBe('accepted');
  });

  test.each<[string, object]>([
    ['an unknown field', { priority: 1 }],
    ['another type', { type: 'gossip/deployment/2' }],
    ['settings as array', { settings: [] }],
    ['settings as text', { settings: '{}' }],
    ['code of another hash', { code: { ...deployment.code, hash: 'md5:0' } }],
    ['code of negative size', { code: { ...deployment.code, bytes: -1 } }],
    ['an unknown field of the code', { code: { ...deployment.code, url: 'https://example.com' } }],
    ['scrub as text', { scrub: 'false' }],
    ['a rollback of a name', { rollbackOf: 'd1' }],
    ['a long message', { message: 'a'.repeat(1_025) }],
    ['a long author', { author: 'a'.repeat(129) }],
  ])('%s is refused', (_name, change) => {
    expect(verdict(change)).toBe('GOSSIP_E_SCHEMA');
  });
});

describe('C3: size and depth', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

  test('settings may be 16 deep and no deeper', () => {
    expect(verdict({ settings: nested(16) })).toBe('accepted');
    expect(verdict({ settings: nested(17) })).toBe('GOSSIP_E_SCHEMA');
    expect(verdict({ settings: nested(60) })).toMatch(/^GOSSIP_E_(SCHEMA|CANONICAL)$/);
  });

  test('wide settings are measured without spreading them over the stack', () => {
    expect(verdict({ settings: { list: Array.from({ length: 5_000 }, () => 1) } })).toBe('accepted');
  });

  test('a record has a size, signatures counted in; too large a one is not even signed', () => {
    const sized = (length: number) => ({ ...deployment, settings: { fill: 'a'.repeat(length) } });
    const room = MAX_RECORD_BYTES - canonicalBytes(signEnvelope(DEPLOYMENT_TYPE, sized(0), [first, second])).length;
    const fits = Math.floor((room * 3) / 4) - 3;
    expect(outcome(() => verifyDeployment(signDeployment(sized(fits), [first, second]), root))).toBe('accepted');
    expect(outcome(() => signDeployment(sized(fits + 8), [first, second]))).toBe('GOSSIP_E_TOO_LARGE');
    expect(verdict({ settings: { fill: 'a'.repeat(fits + 8) } })).toBe('GOSSIP_E_TOO_LARGE');
  });
});

describe('a remembering verifier', () => {
  test('gives the same record for the same envelope', () => {
    const verify = makeVerifier(root);
    expect(verify(sent(envelope))).toBe(verify(sent(envelope)));
  });

  test('forgets what was seen longest ago', () => {
    const envelopes = [1, 2, 3].map((sequence) =>
      signDeployment({ ...deployment, number: { ...deployment.number, sequence } }, [first, second]),
    );
    const verify = makeVerifier(root, { rememberBytes: 2 * JSON.stringify(envelopes[0]).length });
    const [one, two] = envelopes.slice(0, 2).map(verify);
    expect(verify(envelopes[0])).toBe(one);
    verify(envelopes[2]);
    expect(verify(envelopes[0])).toBe(one);
    expect(verify(envelopes[1])).not.toBe(two);
    expect(verify(envelopes[1])).toEqual(two);
  });

  test('remembers far more than the records of 8,192 modules, each once removed', () => {
    const verify = makeVerifier(root);
    const before = verify(envelope);
    let bytes = 0;
    for (let sequence = 2; bytes < 3 * 8_192 * 1_024; sequence += 1) {
      // Large ones stand for many small ones.
      const settings = { fill: 'a'.repeat(11_000) };
      const large = signDeployment({ ...deployment, settings, number: { ...deployment.number, sequence } }, [first, second]);
      bytes += JSON.stringify(large).length;
      verify(large);
    }
    expect(verify(envelope)).toBe(before);
  });

  test('never takes a changed envelope for a known one', () => {
    const verify = makeVerifier(root);
    verify(envelope);
    expect(outcome(() => verify({ ...envelope, signatures: [] }))).toBe('GOSSIP_E_SIGNATURE');
    expect(outcome(() => verify({ ...envelope, signatures: envelope.signatures.slice(1) }))).toBe('GOSSIP_E_THRESHOLD');
    expect(outcome(() => verify({ ...envelope, payloadType: 'gossip/root/1' }))).toBe('GOSSIP_E_SCHEMA');
    expect(outcome(() => verify({ ...envelope, extra: 1 }))).toBe('GOSSIP_E_SCHEMA');
    expect(outcome(() => verify(null))).toBe('GOSSIP_E_SCHEMA');
  });

  test('remembers nothing that was refused', () => {
    const verify = makeVerifier(root);
    const foreign = signDeployment(deployment, [stranger]);
    expect(outcome(() => verify(foreign))).toBe('GOSSIP_E_SIGNATURE');
    expect(outcome(() => verify(foreign))).toBe('GOSSIP_E_SIGNATURE');
  });
});

test('a root with a threshold of 1 takes one signature', () => {
  const single = trustRoot(makeRoot({ ...rootOptions, thresholds: {} }));
  expect(outcome(() => verifyDeployment(signDeployment({ ...deployment, cluster: single.cluster }, [third]), single))).toBe('accepted');
});
