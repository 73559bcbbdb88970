/** What is signed has a schema that means what its author wrote, and settings that fit it; no schema holds a command up. */
import { expect, test } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import { checkSchemaForm } from '../../../src/operator/module/schema-form.ts';
import { requireFitting, schemaOf, schemaOfDeployed } from '../../../src/operator/module/settings-schema.ts';
import type { JsonObject } from '../../../src/sdk/json.ts';
import { hashBytes } from '../../../src/trust/manifest.ts';

test('a schema with every keyword passes', () => {
  const all: JsonObject = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: 'of a test',
    title: 'Settings',
    description: 'All that there is',
    type: 'object',
    minProperties: 0,
    maxProperties: 9,
    required: ['port'],
    propertyNames: { maxLength: 20 },
    dependentRequired: { user: ['port'] },
    dependentSchemas: { user: { minProperties: 2 } },
    additionalProperties: false,
    patternProperties: { '^x-': true },
    properties: {
      port: { $ref: '#/$defs/port' },
      user: { type: ['string', 'null'], minLength: 1, maxLength: 8, pattern: '^\\p{L}+$', format: 'email', deprecated: true },
      list: { type: 'array', prefixItems: [true], items: { enum: [1, 'a'] }, contains: true, minContains: 0, maxContains: 3 },
      more: { minItems: 0, maxItems: 3, uniqueItems: true, default: [], examples: [[1]] },
      'with/slash~': { exclusiveMinimum: 0, exclusiveMaximum: 2, multipleOf: 0.5 },
      like: { $ref: '#/properties/with~1slash~0' },
      like2: { $ref: '#/properties/with~1slash%7E0' },
    },
    allOf: [true],
    anyOf: [true],
    oneOf: [true],
    not: false,
    ...(JSON.parse('{ "if": { "const": 1 }, "then": true, "else": { "$ref": "#" } }') as JsonObject),
    $defs: { port: { type: 'integer', minimum: 1, maximum: 65_535 } },
  };
  expect(() => checkSchemaForm(all)).not.toThrow();
});

const deep = (levels: number): JsonObject => (levels === 0 ? {} : { items: deep(levels - 1) });

test.each<[schema: unknown, says: string]>([
  [{ typ: 'object' }, "#/typ is no keyword that is understood, perhaps 'type' is meant"],
  [{ properties: { a: { minimun: 1 } } }, "#/properties/a/minimun is no keyword that is understood, perhaps 'minimum' is meant"],
  [{ $id: 'x' }, '#/$id is no keyword that is understood'],
  [{ constructor: 1 }, '#/constructor is no keyword that is understood'],
  [{ type: 'strng' }, '#/type must be one or several of null, boolean'],
  [{ type: [] }, '#/type must be one or several of'],
  [{ type: 'string' }, "#/type must be 'object': settings are one"],
  [{ properties: [] }, '#/properties must be an object of schemas by name'],
  [{ properties: { a: 'string' } }, '#/properties/a must be a schema'],
  [{ properties: { a: null } }, '#/properties/a must be a schema'],
  [{ required: 'a' }, '#/required must be a list of names'],
  [{ required: ['a', 'a'] }, '#/required must be a list of names, each once'],
  [{ anyOf: [] }, '#/anyOf must be a list of schemas, of one at least'],
  [{ enum: [] }, '#/enum must be a list of values'],
  [{ multipleOf: 0 }, '#/multipleOf must be a number above 0'],
  [{ minLength: -1 }, '#/minLength must be a whole number'],
  [{ minimum: '1' }, '#/minimum must be a number'],
  [{ pattern: '(' }, '#/pattern is no regular expression'],
  [{ pattern: 'a'.repeat(257) }, '#/pattern is a regular expression of more than 256 characters'],
  [{ patternProperties: { '[': true } }, '#/patternProperties/[ is no regular expression'],
  [{ format: 'phone' }, '#/format must be one of'],
  [{ dependentRequired: { a: 1 } }, '#/dependentRequired/a must be a list of names'],
  [{ $ref: 'https://example.org/s.json' }, '#/$ref must point into this schema'],
  [{ $ref: '#/$defs/gone' }, "#/$ref points to '#/$defs/gone', where there is no schema"],
  [{ properties: { a: { enum: [{}] }, b: { $ref: '#/properties/a/enum/0' } } }, 'where there is no schema'],
  [{ $schema: 'http://json-schema.org/draft-07/schema#' }, "#/$schema must be 'https://json-schema.org/draft/2020-12/schema'"],
  [deep(40), 'is nested deeper than 32 schemas'],
])('refused: %j', (schema, says) => {
  expect(() => checkSchemaForm(schema as JsonObject)).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_MODULE_JSON', message: expect.stringContaining(says) }),
  );
});

test('settings that do not fit are refused with path and rule; without a schema anything goes', () => {
  expect(() => requireFitting(null, { a: 1 })).not.toThrow();
  expect(() => requireFitting({ properties: { a: { type: 'number' } } }, { a: 1 })).not.toThrow();
  expect(() => requireFitting({ properties: { a: { maximum: 0 } } }, { a: 1 })).toThrow(
    expect.objectContaining({
      code: 'GOSSIP_E_MODULE_SETTINGS',
      message: 'settings.a: 1 is greater than 0 (rule #/properties/a/maximum)',
    }),
  );
});

/** Each level asks twice for the one below. */
const doubling: JsonObject = {
  $ref: '#/$defs/a0',
  $defs: Object.fromEntries(
    Array.from({ length: 40 }, (_, level) => [
      `a${level}`,
      { allOf: [{ $ref: `#/$defs/a${level + 1}` }, { $ref: `#/$defs/a${level + 1}` }] },
    ]),
  ),
};
(doubling['$defs'] as Record<string, JsonObject>)['a40'] = {};

test.each<[what: string, schema: JsonObject]>([
  ['a regular expression that takes for ever', { properties: { a: { pattern: '^(a+)+$' } } }],
  ['a schema that doubles with each level', doubling],
])('%s ends', (_, schema) => {
  expect(() => checkSchemaForm(schema)).not.toThrow();
  expect(() => requireFitting(schema, { a: `${'a'.repeat(60)}!` }, 100)).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_MODULE_SETTINGS', message: expect.stringContaining('takes more than 100 ms') }),
  );
});

function code(files: Record<string, string>) {
  const bytes = Object.entries(files).map(([path, text]) => ({ path, text: Buffer.from(text) }));
  return {
    manifest: () =>
      Promise.resolve({
        type: 'gossip/manifest/1' as const,
        files: bytes.map(({ path, text }) => ({ path, size: text.length, sha256: hashBytes(text) })),
      }),
    blob: (hash: string) => {
      const found = bytes.find(({ text }) => hashBytes(text) === hash);
      return found ? Promise.resolve(found.text) : Promise.reject(new GossipError('GOSSIP_E_NOT_FOUND', 'gone'));
    },
  };
}

const moduleJson = (more: object = {}): string => JSON.stringify({ name: 'probe', version: '1', entry: 'index.js', api: 1, ...more });

test('it stands in module.json, or beside it', async () => {
  expect(await schemaOf(code({ 'module.json': moduleJson() }))).toBeNull();
  expect(await schemaOf(code({ 'module.json': moduleJson({ settingsSchema: { minProperties: 1 } }) }))).toEqual({ minProperties: 1 });
  expect(await schemaOf(code({ 'module.json': moduleJson(), 'settings.schema.json': '{"maxProperties":1}' }))).toEqual({
    maxProperties: 1,
  });
  const both = code({ 'module.json': moduleJson({ settingsSchema: {} }), 'settings.schema.json': '{}' });
  await expect(schemaOf(both)).rejects.toThrow('one of the two must go');
  const large = code({ 'module.json': moduleJson(), 'settings.schema.json': ' '.repeat(100_000) });
  await expect(schemaOf(large)).rejects.toThrow('has more than 65536 characters');
});

test('of code that was deployed, what cannot be told holds nothing up', async () => {
  expect(await schemaOfDeployed(code({ 'module.json': moduleJson({ laterField: 1 }) }))).toBeNull();
  expect(await schemaOfDeployed({ ...code({ 'module.json': moduleJson() }), blob: code({}).blob })).toBeNull();
});
