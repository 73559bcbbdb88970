import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { GossipError } from '../../src/model/errors.ts';
import { canonicalBytes } from '../../src/trust/canonical.ts';
import { verifyEnvelope } from '../../src/trust/envelope.ts';
import { parseForm } from '../../src/trust/form.ts';
import { parseManifest } from '../../src/trust/manifest.ts';
import { outcome } from './fixture.ts';

const anything = v.record(v.string(), v.unknown());
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return (thrown as GossipError).message;
  }
  throw new Error('nothing was refused');
}

test('the code of a refusal may depend on where it was found', () => {
  const schema = v.strictObject({ number: v.strictObject({ sequence: v.number() }) });
  const parse = (value: unknown) =>
    parseForm(schema, value, 'thing', (path) => (path === 'number.sequence' ? 'GOSSIP_E_NUMBER' : 'GOSSIP_E_SCHEMA'));
  expect(parse({ number: { sequence: 1 } })).toEqual({ number: { sequence: 1 } });
  expect(outcome(() => parse({ number: { sequence: '1' } }))).toBe('GOSSIP_E_NUMBER');
  expect(outcome(() => parse({ number: 1 }))).toBe('GOSSIP_E_SCHEMA');
});

test('a value that is nested without end is refused, not walked', () => {
  const circle: Record<string, unknown> = {};
  circle['a'] = circle;
  expect(outcome(() => parseForm(anything, circle, 'circle'))).toBe('GOSSIP_E_SCHEMA');
  expect(outcome(() => parseForm(anything, nested(30), 'nest'))).toBe('accepted');
  expect(outcome(() => parseForm(anything, nested(5_000), 'nest'))).toBe('GOSSIP_E_SCHEMA');
});

describe('C11: what a stranger sent does not reach the terminal raw', () => {
  const hostile = '\r\n\u001b[2Jowned\u202e\u009b';

  test.each([
    [
      'a type',
      () =>
        verifyEnvelope(
          { payload: '', payloadType: hostile, signatures: [] },
          { payloadType: 't', keys: new Map(), threshold: 1, maxBytes: 99 },
        ),
    ],
    [
      'a path',
      () =>
        parseManifest(
          canonicalBytes({ type: 'gossip/manifest/1', files: [{ path: hostile, size: 1, sha256: `sha256:${'0'.repeat(64)}` }] }),
        ),
    ],
    ['a field', () => parseForm(v.strictObject({}), { [hostile]: 1 }, 'thing')],
    ['a value', () => parseForm(v.strictObject({ a: v.literal('x') }), { a: hostile }, 'thing')],
  ])('%s', (_name, act) => {
    expect(messageOf(act)).toMatch(/^[\x20-\x7e]+$/);
    expect(messageOf(act)).toContain('owned');
  });

  test('nor at length', () => {
    expect(messageOf(() => parseForm(v.strictObject({}), { ['a'.repeat(10_000)]: 1 }, 'thing')).length).toBeLessThan(1_100);
  });
});
