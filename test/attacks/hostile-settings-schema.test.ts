/** Attacks D7 and C2 by the schema of a module's settings: somebody else may have signed it, and operators' commands and nodes read it. In the sandbox of a node `core/hosting/settings-schema` tries the same. */
import { expect, test } from 'vitest';
import { settingsMisfit } from '../../src/model/settings-schema.ts';
import { checkSchemaForm } from '../../src/operator/module/schema-form.ts';
import { requireFitting } from '../../src/operator/module/settings-schema.ts';
import type { JsonObject } from '../../src/sdk/json.ts';

const parsed = (text: string): JsonObject => JSON.parse(text) as JsonObject;

/** Each definition refers to the next one twice: `depth` of them are 2^depth ways to the last. */
function doubling(depth: number): JsonObject {
  const refer = (to: number) => ({ allOf: [{ $ref: `#/$defs/d${to}` }, { $ref: `#/$defs/d${to}` }] });
  const definitions = Array.from({ length: depth }, (_, at) => [`d${at}`, refer(at + 1)] as const);
  return { $ref: '#/$defs/d0', $defs: { ...Object.fromEntries(definitions), [`d${depth}`]: { properties: { a: { type: 'number' } } } } };
}

test.each([
  ['a pattern that backtracks', { properties: { a: { pattern: '^(a+)+$' } } }, { a: `${'a'.repeat(60)}!` }],
  ['references that double', doubling(40), { a: 1 }],
])('attack D7: %s holds no command up for longer than its deadline', (_, schema, settings) => {
  expect(() => requireFitting(schema as JsonObject, settings as JsonObject, 100)).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_MODULE_SETTINGS', message: expect.stringContaining('takes more than 100 ms') }),
  );
});

test('without a deadline, each reference doubles the work of attack D7', () => {
  let read = 0;
  const settings = new Proxy({ a: 1 }, { get: (target, key) => ((read += key === 'a' ? 1 : 0), Reflect.get(target, key)) });
  expect(settingsMisfit(doubling(10), settings as unknown as JsonObject)).toBeNull();
  expect(read).toBeGreaterThanOrEqual(2 ** 10);
});

test.each([
  ['refers to itself', { $ref: '#' }],
  ['refers in a circle', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }],
  ['is nested without end', parsed(`${'{"not":'.repeat(8_000)}true${'}'.repeat(8_000)}`)],
])('one that %s comes to an end, and says that it cannot be used', (_, schema) => {
  expect(settingsMisfit(schema as JsonObject, { a: 1 })).toMatch(/^the schema of the settings cannot be used: /);
});

test('before it is signed, one that is nested deeply, or holds a huge pattern, is refused; a long list of values is but long', () => {
  const nested = parsed(`${'{"not":'.repeat(40)}true${'}'.repeat(40)}`);
  expect(() => checkSchemaForm(nested)).toThrow('is nested deeper than 32 schemas');
  expect(() => checkSchemaForm({ properties: { a: { pattern: 'a?'.repeat(200) } } })).toThrow('more than 256 characters');
  const listed = { properties: { a: { enum: Array.from({ length: 10_000 }, (_, index) => index) } } };
  expect(() => checkSchemaForm(listed)).not.toThrow();
  expect(settingsMisfit(listed, { a: -1 })?.length).toBeLessThan(700);
});

test.each([
  ['asks for what every object inherits', '{"required":["constructor","__proto__","toString"]}', {}, /does not have required property/],
  ['depends on what every object inherits', '{"dependentRequired":{"toString":["b"]},"dependentSchemas":{"valueOf":false}}', {}, /^fits$/],
  ['describes what every object inherits', '{"properties":{"constructor":{"type":"string"},"__proto__":{"type":"string"}}}', {}, /^fits$/],
  [
    'defines under such a name',
    '{"properties":{"a":{"$ref":"#/$defs/__proto__"}},"$defs":{"__proto__":{"type":"string"}}}',
    { a: 1 },
    /settings\.a/,
  ],
  ['is nobody else’s prototype', '{"properties":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}', {}, /^fits$/],
])('attack C2: a schema that %s means what it says, and changes no other object', (_, text, settings, misfit) => {
  expect(settingsMisfit(parsed(text), settings) ?? 'fits').toMatch(misfit);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
