/** A misfit is told with its path and the rule; a schema that cannot be used is told, and breaks nothing. */
import { expect, test } from 'vitest';
import { chosenSchema, settingsMisfit } from '../../src/model/settings-schema.ts';
import type { JsonObject } from '../../src/sdk/json.ts';

const like = (words: RegExp): string => expect.stringMatching(words) as string;

const schema: JsonObject = {
  type: 'object',
  properties: {
    intervalMs: { type: 'integer', minimum: 20, maximum: 600 },
    label: { type: 'string', pattern: '^[a-z]+$' },
    targets: { type: 'array', maxItems: 2, items: { $ref: '#/$defs/target' } },
    mode: { enum: ['fast', 'slow'] },
    either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  },
  required: ['label'],
  additionalProperties: false,
  $defs: { target: { type: 'object', properties: { 'a/b c': { type: 'boolean' } }, additionalProperties: false } },
};

test.each<[settings: JsonObject, says: string | null]>([
  [{ label: 'a' }, null],
  [{ label: 'a', intervalMs: 20, targets: [{ 'a/b c': true }], mode: 'fast', either: 1 }, null],
  [{}, 'settings: Instance does not have required property "label" (rule #/required)'],
  [{ label: 'a', intervalMs: 10 }, 'settings.intervalMs: 10 is less than 20 (rule #/properties/intervalMs/minimum)'],
  [{ label: 'a', intervalMs: 20.5 }, like(/^settings\.intervalMs: .*integer.* \(rule #\/properties\/intervalMs\/type\)$/)],
  [{ label: 'A' }, 'settings.label: String does not match pattern (rule #/properties/label/pattern)'],
  [{ label: 'a', targets: [{}, {}, {}] }, like(/^settings\.targets: .*3 > 2.* \(rule #\/properties\/targets\/maxItems\)$/)],
  [{ label: 'a', targets: [{}, { 'a/b c': 1 }] }, like(/^settings\.targets\[1\]\["a\/b c"\]: .*boolean/)],
  [{ label: 'a', mode: 'x' }, like(/^settings\.mode: .*\["fast","slow"\].* \(rule #\/properties\/mode\/enum\)$/)],
  [{ label: 'a', either: null }, like(/^settings\.either: .* \(rule #\/properties\/either\/anyOf\)$/)],
  [
    { label: 'a', intervalms: 20 },
    "settings.intervalms is no setting of this module, perhaps 'intervalMs' is meant; it knows intervalMs, label, targets, mode, either (rule #/additionalProperties)",
  ],
  [{ label: 'a', targets: [{ x: 1 }] }, like(/^settings\.targets\[0\]\.x is no setting of this module \(rule .*additionalProperties\)$/)],
  [JSON.parse('{"label":"a","__proto__":1}') as JsonObject, like(/__proto__.* is no setting of this module; it knows/)],
])('%j', (settings, says) => {
  const told = settingsMisfit(schema, settings);
  expect(told).toEqual(says);
});

test('it is left as it was', () => {
  const frozen = JSON.stringify(schema);
  settingsMisfit(schema, {});
  expect(JSON.stringify(schema)).toBe(frozen);
  expect(Reflect.ownKeys(schema)).toEqual(Object.keys(schema));
});

test.each<[what: string, schema: JsonObject, says: RegExp]>([
  ['refers to itself without end', { $ref: '#' }, /does not come to an end/],
  ['refers elsewhere', { $ref: 'https://example.org/x' }, /cannot be used: Unresolved/],
  ['holds no regular expression', { properties: { a: { pattern: '(' } } }, /cannot be used: .*regular expression/i],
  ['is of another form', { properties: { a: { anyOf: 3 } } }, /cannot be used/],
  ['quotes what steers a terminal', { properties: { a: { const: '\u001b[2J\n' } } }, /^settings\.a: \P{Cc}*$/u],
])('a schema that %s', (_, hostile, says) => {
  expect(settingsMisfit(hostile, { a: 'x' })).toMatch(says);
});

test('keywords of later releases are passed over: what was signed is taken', () => {
  expect(settingsMisfit({ futureKeyword: { a: 1 } }, { a: 'x' })).toBeNull();
});

test.each<[field: JsonObject | undefined, file: string | null, chosen: JsonObject | null]>([
  [undefined, null, null],
  [{ type: 'object' }, null, { type: 'object' }],
  [undefined, '{"minProperties":1}', { minProperties: 1 }],
])('it is the field or the file: %j %s', (field, file, chosen) => {
  expect(chosenSchema(field, file)).toEqual(chosen);
});

test.each([
  [{}, '{}', /has 'settingsSchema', too/],
  [undefined, '[]', /must be a JSON object/],
  [undefined, 'true', /must be a JSON object/],
  [undefined, '{', /is not JSON/],
  [undefined, '', /is not JSON/],
  [undefined, `{"a":"${'x'.repeat(65_536)}"}`, /has more than 65536 characters/],
])('refused: %j and %.20s', (field, file, says) => {
  expect(() => chosenSchema(field, file)).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_MODULE_JSON', message: expect.stringMatching(says) }),
  );
});
