import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeDelegation } from '../../src/trust/admission.ts';
import { canonicalBytes } from '../../src/trust/canonical.ts';
import { generateKey, toSecret } from '../../src/trust/keys.ts';
import type * as tokens from '../../src/trust/token.ts';
import { makeToken, parseToken } from '../../src/trust/token.ts';
import { admitKey, otherRoot, outcome, root, rootEnvelope, stranger } from './fixture.ts';
import { mutant } from './mutant.ts';

const secret = generateKey();
const expires = 1_800_000_000_000;
const delegation = makeDelegation({ cluster: root.cluster, public: secret.public, expires }, [admitKey]);
const token = makeToken({ root: rootEnvelope, delegation, secret });

/** A token with a right checksum around any bytes. */
function forged(body: Uint8Array): string {
  return `gossip-join-1.${Buffer.concat([body, createHash('sha256').update(body).digest().subarray(0, 4)]).toString('base64url')}`;
}
const around = (value: unknown) => forged(deflateSync(canonicalBytes(value)));
const whole = { root: rootEnvelope, delegation, secret: toSecret(secret) };

test('a token carries the trusted root, the delegation and its key', () => {
  const parsed = parseToken(token);
  expect(parsed.root).toEqual(root);
  expect(parsed.delegation).toEqual(delegation);
  expect(parsed.secret.keyid).toBe(secret.keyid);
  expect(parsed.expires).toBe(expires);
});

test('a token is one word that a shell takes as it is', () => {
  expect(token).toMatch(/^gossip-join-1\.[A-Za-z0-9_-]+$/);
});

test('white space around a copied token is forgiven', () => {
  expect(parseToken(`  ${token}\n`).root.cluster).toBe(root.cluster);
});

test('C1: a token with any character changed is refused', () => {
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = Buffer.from(token, 'latin1');
      changed[at] = (changed[at] as number) ^ mask;
      expect(outcome(() => parseToken(changed.toString('latin1')))).toBe('GOSSIP_E_TOKEN');
    }),
    { numRuns: 1_000 },
  );
});

test('a token cut short or with something added is refused', () => {
  for (let length = 0; length < token.length; length += 7) expect(outcome(() => parseToken(token.slice(0, length)))).toBe('GOSSIP_E_TOKEN');
  expect(outcome(() => parseToken(`${token}A`))).toBe('GOSSIP_E_TOKEN');
  expect(outcome(() => parseToken(`${token}====`))).toBe('GOSSIP_E_TOKEN');
  expect(outcome(() => parseToken(token.slice(0, 40) + ' ' + token.slice(40)))).toBe('GOSSIP_E_TOKEN');
});

describe('a token whose parts do not belong together is refused', () => {
  test.each<[string, unknown]>([
    ['nothing', null],
    ['no secret', { root: rootEnvelope, delegation }],
    ['an unknown field', { ...whole, address: '10.0.0.1:1' }],
    ['a root of another cluster', { ...whole, root: otherRoot.envelope }],
    ['a root that nobody signed', { ...whole, root: { ...rootEnvelope, signatures: [] } }],
    [
      'a delegation by a stranger',
      { ...whole, delegation: makeDelegation({ cluster: root.cluster, public: secret.public, expires }, [stranger]) },
    ],
    ['a key that the delegation does not name', { ...whole, secret: toSecret(stranger) }],
    ['a public key for a secret', { ...whole, secret: secret.public }],
    ['no key', { ...whole, secret: '' }],
  ])('%s', (_name, value) => {
    expect(outcome(() => parseToken(around(value)))).toBe('GOSSIP_E_TOKEN');
  });

  test('the whole ones pass in the same packing', () => {
    expect(outcome(() => parseToken(around(whole)))).toBe('accepted');
  });

  test('another spelling of the same', () => {
    expect(outcome(() => parseToken(forged(deflateSync(JSON.stringify(whole, null, 1)))))).toBe('GOSSIP_E_TOKEN');
  });

  test('bytes that do not inflate', () => {
    expect(outcome(() => parseToken(forged(Uint8Array.of(1, 2, 3))))).toBe('GOSSIP_E_TOKEN');
  });
});

describe('A6: a small token that inflates without end', () => {
  const bomb = forged(deflateSync(`"${'a'.repeat(20_000_000)}"`, { level: 9 }));

  test('is refused before it fills the memory', () => {
    expect(bomb.length).toBeLessThan(64 * 1_024);
    expect(() => parseToken(bomb)).toThrow(/Cannot create a Buffer larger than/);
    expect(outcome(() => parseToken(bomb))).toBe('GOSSIP_E_TOKEN');
  });

  test('would be inflated whole without the bound', async () => {
    const open = await mutant<typeof tokens>('trust/token.ts', { in: 'unpack', drop: 'maxOutputLength' });
    expect(() => open.parseToken(bomb)).toThrow(/20000002 bytes/);
  });

  test('a text that is too long is not even decoded', () => {
    expect(() => parseToken(`gossip-join-1.${'A'.repeat(64 * 1_024)}`)).toThrow(/too long/);
  });
});
