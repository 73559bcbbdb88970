/**
 * Whether a schema of settings says what its author means. A validator passes over keywords that it does not know, so a misspelt one would hold nothing; here, before
 * anything is signed, it is refused. Nodes take what was signed, with keywords that later releases may know.
 */
import { GossipError } from '../../model/errors.ts';
import { safeText } from '../../model/safe-text.ts';
import { isPlainObject } from '../../model/settings-schema.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { nearest } from '../../sdk/nearest.ts';

/** Schemas within schemas; settings themselves are nested 16 deep. */
const MAX_DEPTH = 32;
const MAX_PATTERN = 256;

const TYPES = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'];
const FORMATS = (
  'date time date-time duration uri uri-reference uri-template url email hostname ipv4 ipv6 regex ' +
  'uuid json-pointer json-pointer-uri-fragment relative-json-pointer'
).split(' ');

/** Refuses the value of a keyword, or returns the schemas in it, each with where it stands. */
type Keyword = (value: Json, at: string) => readonly Inner[];
type Inner = readonly [at: string, schema: Json];

const NONE: readonly Inner[] = [];

function holds(is: (value: Json) => boolean, rule: string): Keyword {
  return (value, at) => (is(value) ? NONE : refuse(at, rule));
}
const isText = (value: Json): value is string => typeof value === 'string';
const isCount = (value: Json): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isWords = (value: Json): boolean => Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;

const anything = holds(() => true, '');
const text = holds(isText, 'must be a text');
const flag = holds((value) => typeof value === 'boolean', 'must be true or false');
const number = holds((value) => typeof value === 'number', 'must be a number');
const count = holds(isCount, 'must be a whole number, 0 or more');
const words = holds(isWords, 'must be a list of names, each once');
const schema: Keyword = (value, at) => [[at, value]];
const schemas: Keyword = (value, at) =>
  Array.isArray(value) && value.length > 0
    ? value.map((each: Json, index) => [`${at}/${index}`, each] as const)
    : refuse(at, 'must be a list of schemas, of one at least');
const schemaMap: Keyword = (value, at) =>
  isPlainObject(value)
    ? Object.entries(value).map(([key, each]) => [below(at, key), each] as const)
    : refuse(at, 'must be an object of schemas by name');

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $schema: holds(
    (value) => isText(value) && /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test(value),
    "must be 'https://json-schema.org/draft/2020-12/schema'",
  ),
  $comment: text,
  $defs: schemaMap,
  $ref: holds((value) => isText(value) && /^#(?:\/|$)/.test(value), "must point into this schema, as in '#/$defs/port'"),
  title: text,
  description: text,
  default: anything,
  examples: holds((value) => Array.isArray(value), 'must be a list'),
  deprecated: flag,
  type: holds(
    (value) => [value].flat().every((type) => TYPES.includes(type as string)) && isSome(value),
    `must be one or several of ${TYPES.join(', ')}`,
  ),
  enum: holds((value) => Array.isArray(value) && value.length > 0, 'must be a list of values, of one at least'),
  const: anything,
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: holds((value) => typeof value === 'number' && value > 0, 'must be a number above 0'),
  minLength: count,
  maxLength: count,
  pattern: (value, at) => (isText(value) ? requirePattern(value, at) : refuse(at, 'must be a regular expression')),
  format: holds((value) => isText(value) && FORMATS.includes(value), `must be one of ${FORMATS.join(', ')}`),
  items: schema,
  prefixItems: schemas,
  contains: schema,
  minItems: count,
  maxItems: count,
  minContains: count,
  maxContains: count,
  uniqueItems: flag,
  properties: schemaMap,
  patternProperties: (value, at) => {
    for (const pattern of isPlainObject(value) ? Object.keys(value) : []) requirePattern(pattern, below(at, pattern));
    return schemaMap(value, at);
  },
  additionalProperties: schema,
  propertyNames: schema,
  required: words,
  minProperties: count,
  maxProperties: count,
  dependentRequired: (value, at) => {
    if (!isPlainObject(value)) return refuse(at, 'must be an object of lists of names');
    return Object.entries(value).flatMap(([key, each]) => words(each, below(at, key)));
  },
  dependentSchemas: schemaMap,
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: schema,
  ...Object.fromEntries(['if', 'then', 'else'].map((name) => [name, schema])),
};

/** @throws GOSSIP_E_MODULE_JSON with the place in the schema, and what it must be */
export function checkSchemaForm(root: JsonObject): void {
  const places = new Set<string>();
  const references: (readonly [at: string, to: string])[] = [];
  const ahead: (readonly [at: string, schema: Json, depth: number])[] = [['#', root, 0]];
  for (const [at, each, depth] of ahead) {
    if (depth > MAX_DEPTH) refuse(at, `is nested deeper than ${MAX_DEPTH} schemas`);
    places.add(at);
    if (typeof each === 'boolean') continue;
    if (!isPlainObject(each)) refuse(at, 'must be a schema: an object, true or false');
    for (const [name, value] of Object.entries(each)) {
      const place = below(at, name);
      const keyword = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
      if (keyword === undefined) refuse(place, `is no keyword that is understood${meant(name)}`);
      for (const [where, inner] of keyword(value, place)) ahead.push([where, inner, depth + 1]);
      if (name === '$ref' && isText(value)) references.push([place, value]);
    }
  }
  for (const [at, to] of references) if (!places.has(decoded(to))) refuse(at, `points to '${to}', where there is no schema`);
  if (root['type'] !== undefined && root['type'] !== 'object') refuse('#/type', "must be 'object': settings are one");
}

function isSome(value: Json): boolean {
  return !Array.isArray(value) || (value.length > 0 && new Set(value).size === value.length);
}

function requirePattern(pattern: string, at: string): readonly Inner[] {
  if (pattern.length > MAX_PATTERN) return refuse(at, `is a regular expression of more than ${MAX_PATTERN} characters`);
  try {
    new RegExp(pattern, 'u').test('');
    return NONE;
  } catch (cause) {
    return refuse(at, `is no regular expression: ${(cause as Error).message}`);
  }
}

function meant(name: string): string {
  const known = name.length > 64 ? undefined : nearest(name, Object.keys(KEYWORDS));
  return known === undefined ? '' : `, perhaps '${known}' is meant`;
}

function below(at: string, key: string): string {
  return `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Of a pointer in a URI. */
function decoded(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}

function refuse(at: string, why: string): never {
  throw new GossipError('GOSSIP_E_MODULE_JSON', safeText(`the schema of the settings: ${at} ${why}`, 500));
}
