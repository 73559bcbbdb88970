import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Envelope } from '../../src/model/deployment.ts';
import { canonicalBytes, parseCanonical } from '../../src/trust/canonical.ts';
import type * as envelopes from '../../src/trust/envelope.ts';
import { addSignature, MAX_SIGNATURES, signEnvelope, verifyEnvelope } from '../../src/trust/envelope.ts';
import type { EnvelopeRules } from '../../src/trust/envelope.ts';
import { generateKey } from '../../src/trust/keys.ts';
import type { PublicKey } from '../../src/trust/keys.ts';
import { outcome, sent } from './fixture.ts';
import { mutant } from './mutant.ts';

const [a, b, c, stranger] = [generateKey(), generateKey(), generateKey(), generateKey()];
const type = 'gossip/test/1';
const payload = { hello: 'world', list: [1, 2, { three: null }] };

function rules(threshold: number, ...keys: readonly PublicKey[]): EnvelopeRules {
  return { payloadType: type, keys: new Map(keys.map((key) => [key.keyid, key.public])), threshold, maxBytes: 4_096 };
}
const verdict = (envelope: unknown, rule: EnvelopeRules, module: Pick<typeof envelopes, 'verifyEnvelope'> = { verifyEnvelope }) =>
  outcome(() => module.verifyEnvelope(sent(envelope), rule));

/** The envelope with the signature of `key`, under another key's name. */
function renamed(envelope: Envelope, from: PublicKey, keyid: string): Envelope {
  return { ...envelope, signatures: envelope.signatures.map((each) => (each.keyid === from.keyid ? { ...each, keyid } : each)) };
}

test('what was signed is read back, with the hash of its bytes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const plain = JSON.parse(JSON.stringify(value)) as unknown;
      const verified = verifyEnvelope(sent(signEnvelope(type, plain, [a])), { ...rules(1, a), maxBytes: 64 * 1_024 });
      expect(verified.payload).toEqual(plain);
      expect(Buffer.from(verified.bytes)).toEqual(Buffer.from(canonicalBytes(plain)));
      expect(verified.hash).toMatch(/^[0-9a-f]{64}$/);
    }),
    { numRuns: 50 },
  );
});

test('the signature is that of DSSE', () => {
  const envelope = signEnvelope('t', {}, [a]);
  expect(Buffer.from(envelope.payload, 'base64').toString()).toBe('{}');
  expect(Object.keys(envelope)).toEqual(['payload', 'payloadType', 'signatures']);
});

test('countersigning adds a key; signing again replaces', () => {
  const once = signEnvelope(type, payload, [a]);
  expect(verdict(once, rules(2, a, b))).toBe('GOSSIP_E_THRESHOLD');
  const twice = addSignature(once, b);
  expect(verdict(twice, rules(2, a, b))).toBe('accepted');
  expect(addSignature(twice, a).signatures).toHaveLength(2);
});

describe('A8: wrong or unknown key', () => {
  test('unsigned, signed by a stranger, or under a borrowed key id: refused', () => {
    const foreign = signEnvelope(type, payload, [stranger]);
    expect(verdict(signEnvelope(type, payload, []), rules(1, a))).toBe('GOSSIP_E_SIGNATURE');
    expect(verdict(foreign, rules(1, a))).toBe('GOSSIP_E_SIGNATURE');
    expect(verdict(renamed(foreign, stranger, a.keyid), rules(1, a))).toBe('GOSSIP_E_SIGNATURE');
  });

  test('a borrowed key id passes where it is believed', async () => {
    const open = await mutant<typeof envelopes>('trust/envelope.ts', { in: 'countedSignatures', always: 'verify()' });
    expect(verdict(renamed(signEnvelope(type, payload, [stranger]), stranger, a.keyid), rules(1, a), open)).toBe('accepted');
  });

  test('key ids swapped between two keys: refused', () => {
    const { signatures, ...rest } = signEnvelope(type, payload, [a, b]);
    const swapped = {
      ...rest,
      signatures: [
        { keyid: b.keyid, sig: signatures[0]?.sig },
        { keyid: a.keyid, sig: signatures[1]?.sig },
      ],
    };
    expect(verdict(swapped, rules(1, a, b))).toBe('GOSSIP_E_SIGNATURE');
  });

  test('a signature over the same bytes as another type: refused', () => {
    const other = signEnvelope('gossip/other/1', payload, [a]);
    expect(verdict(other, rules(1, a))).toBe('GOSSIP_E_SCHEMA');
    expect(verdict({ ...other, payloadType: type }, rules(1, a))).toBe('GOSSIP_E_SIGNATURE');
  });

  test('a signature that is too long or stands for nothing: refused', () => {
    const unsigned = signEnvelope(type, payload, []);
    for (const sig of ['A'.repeat(88), `${'A'.repeat(86)}==`, `${'/'.repeat(87)}=`]) {
      expect(verdict({ ...unsigned, signatures: [{ keyid: a.keyid, sig }] }, rules(1, a))).toMatch(/^GOSSIP_E_(SIGNATURE|SCHEMA)$/);
    }
  });

  test("strangers' signatures do no harm and do not travel on", () => {
    const crowded = signEnvelope(type, payload, [stranger, a, c]);
    const { envelope } = verifyEnvelope(crowded, rules(1, a, b));
    expect(envelope.signatures.map(({ keyid }) => keyid)).toEqual([a.keyid]);
    expect(verdict(envelope, rules(1, a, b))).toBe('accepted');
  });
});

describe('A9: too few signatures', () => {
  const one = signEnvelope(type, payload, [a]);
  const repeated = { ...one, signatures: [one.signatures[0], one.signatures[0], one.signatures[0]] };
  /** Two names of one key, as a careless root could hold. */
  const alias: PublicKey = { keyid: 'f'.repeat(64), public: a.public };
  const aliased = { ...one, signatures: [...one.signatures, ...renamed(one, a, alias.keyid).signatures] };
  const distinct = { in: 'countedSignatures', drop: 'has()' };
  const countAll = { in: 'countedSignatures', of: 'set()', is: 'byKey.set(`${key}${byKey.size}`, signature)' };

  test('t-1 signatures, one key t times, two ids of one key: refused', () => {
    expect(verdict(signEnvelope(type, payload, [a, b]), rules(3, a, b, c))).toBe('GOSSIP_E_THRESHOLD');
    expect(verdict(repeated, rules(3, a, b, c))).toBe('GOSSIP_E_THRESHOLD');
    expect(verdict(aliased, rules(2, a, alias, b))).toBe('GOSSIP_E_THRESHOLD');
    expect(verdict(signEnvelope(type, payload, [a, b, stranger]), rules(3, a, b, c))).toBe('GOSSIP_E_THRESHOLD');
    expect(verdict(signEnvelope(type, payload, [a, b, c]), rules(3, a, b, c))).toBe('accepted');
  });

  test('repeated and aliased keys pass where signatures are counted, not keys', async () => {
    const open = await mutant<typeof envelopes>('trust/envelope.ts', distinct, countAll);
    expect(verdict(repeated, rules(3, a, b, c), open)).toBe('accepted');
    expect(verdict(aliased, rules(2, a, alias, b), open)).toBe('accepted');
  });

  test('t-1 signatures pass where the threshold is not looked at', async () => {
    const open = await mutant<typeof envelopes>('trust/envelope.ts', { in: 'verifyEnvelope', never: 'threshold' });
    expect(verdict(signEnvelope(type, payload, [a, b]), rules(3, a, b, c), open)).toBe('accepted');
  });
});

describe('C1 and C2: the form of an envelope', () => {
  const good = signEnvelope(type, payload, [a]);
  const [signature] = good.signatures;

  test.each([
    ['null', null],
    ['text', JSON.stringify(good)],
    ['array', [good]],
    ['unknown field', { ...good, version: 1 }],
    ['unknown field of a signature', { ...good, signatures: [{ ...signature, cert: '' }] }],
    ['a field that every object inherits', { ...good, toString: '' }],
    ['constructor', { ...good, constructor: {} }],
    ['__proto__', JSON.parse(`{"__proto__":{},${JSON.stringify(good).slice(1)}`)],
    ['no signatures field', { payload: good.payload, payloadType: good.payloadType }],
    ['signatures as object', { ...good, signatures: { 0: signature } }],
    ['short signature', { ...good, signatures: [{ keyid: a.keyid, sig: 'AAAA' }] }],
    ['key id in capitals', { ...good, signatures: [{ ...signature, keyid: a.keyid.toUpperCase() }] }],
    ['payload with white space', { ...good, payload: `${good.payload}\n` }],
    ['payload in the other alphabet', { ...good, payload: '-_-_' }],
    ['payload without padding', { ...good, payload: 'e30' }],
    ['payload with stray bits', { ...good, payload: 'e31=' }],
  ])('%s is refused', (_name, input) => {
    expect(outcome(() => verifyEnvelope(input, rules(1, a)))).toBe('GOSSIP_E_SCHEMA');
  });

  test('a second spelling of the base64 passes where it is not compared', async () => {
    const open = await mutant<typeof envelopes>('trust/envelope.ts', { in: 'decodeBase64', never: 'toString()' });
    expect(verdict({ ...good, payload: `${good.payload}\n` }, rules(1, a), open)).toBe('accepted');
  });

  test('one signature too many is refused; the last allowed is not', () => {
    const strangers = (count: number) => Array.from({ length: count }, () => generateKey());
    const full = signEnvelope(type, payload, [...strangers(MAX_SIGNATURES - 1), a]);
    expect(verdict(full, rules(1, a))).toBe('accepted');
    expect(outcome(() => addSignature(full, b))).toBe('GOSSIP_E_SCHEMA');
    expect(verdict({ ...full, signatures: [...full.signatures, signature] }, rules(1, a))).toBe('GOSSIP_E_SCHEMA');
  });

  test('one byte too many is refused, signatures counted in', () => {
    const maxBytes = canonicalBytes(good).length;
    expect(verdict(good, { ...rules(1, a), maxBytes })).toBe('accepted');
    expect(verdict(good, { ...rules(1, a), maxBytes: maxBytes - 1 })).toBe('GOSSIP_E_TOO_LARGE');
    expect(verdict({ ...good, payload: 'A'.repeat(100_000) }, rules(1, a))).toBe('GOSSIP_E_TOO_LARGE');
  });

  test('signed bytes that are not canonical are refused all the same', async () => {
    const careless = await mutant<typeof envelopes>('trust/envelope.ts', {
      in: 'signEnvelope',
      of: 'canonicalBytes()',
      is: 'Buffer.from(String(payload))',
    });
    for (const text of ['{"a": 1}', '{"a":1,"a":2}', '{"a":1.0}', 'nonsense', '']) {
      expect([text, verdict(careless.signEnvelope(type, text, [a]), rules(1, a))]).toEqual([text, 'GOSSIP_E_CANONICAL']);
    }
  });
});

test('C1: an envelope with any byte changed is refused', () => {
  const bytes = canonicalBytes(signEnvelope(type, payload, [a, b]));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = (bytes[at] as number) ^ mask;
      const judged = outcome(() => verifyEnvelope(parseCanonical(changed, { maxBytes: 4_096, maxDepth: 8 }), rules(2, a, b)));
      expect(judged).toMatch(/^GOSSIP_E_/);
    }),
    { numRuns: 1_000 },
  );
});
