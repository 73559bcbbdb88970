/**
 * Settings against the JSON Schema (draft 2020-12) that a module's code brings along: `settingsSchema` of its module.json, or a file beside it. The schema is interpreted,
 * nothing of it becomes code. How long that takes is the schema's own affair (a regular expression may take for ever): whoever asks sets a deadline.
 */
import { validate } from '@cfworker/json-schema';
import type { OutputUnit } from '@cfworker/json-schema';
import type { JsonObject } from '../sdk/json.ts';
import { readJson } from '../sdk/json-text.ts';
import { nearest } from '../sdk/nearest.ts';
import { GossipError } from './errors.ts';
import { safeText } from './safe-text.ts';

/** The schema as a file of its own, for code that nodes of version 0.1 must take, too: they refuse the field, and take the file for one like any other. */
export const SETTINGS_SCHEMA_FILE = 'settings.schema.json';
export const MAX_SETTINGS_SCHEMA_BYTES = 64 * 1024;

const DRAFT = '2020-12';
/** As much of a path or a rule as a message quotes. */
const MAX_QUOTED = 300;

/** Faults that only say that something below them is wrong, which is told next. */
const ABOVE: ReadonlySet<string> = new Set([
  'additionalProperties',
  'allOf',
  'dependentSchemas',
  'if',
  'items',
  'patternProperties',
  'prefixItems',
  'properties',
  'propertyNames',
  '$ref',
]);

/** The schema of some code, by the text of its `settings.schema.json` (null where it has none) and the field of its module.json; null where anything goes. */
export function chosenSchema(field: JsonObject | undefined, fileText: string | null): JsonObject | null {
  if (fileText === null) return field ?? null;
  if (field !== undefined) refuse(`module.json has 'settingsSchema', too: one of the two must go`);
  return parseSettingsSchema(fileText);
}

function parseSettingsSchema(text: string): JsonObject {
  if (text.length > MAX_SETTINGS_SCHEMA_BYTES) return refuse(`has more than ${MAX_SETTINGS_SCHEMA_BYTES} characters`);
  let value: unknown;
  try {
    value = readJson(text);
  } catch (cause) {
    return refuse(`is not JSON: ${safeText((cause as Error).message, 100)}`, cause);
  }
  return isPlainObject(value) ? value : refuse('must be a JSON object');
}

export function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why the settings do not fit the schema: the path, and the rule. Null where they do. */
export function settingsMisfit(schema: JsonObject, settings: JsonObject): string | null {
  try {
    // A copy, for the validator leaves marks in it.
    const { valid, errors } = validate(settings, structuredClone(schema), DRAFT);
    return valid ? null : faultText(errors, schema);
  } catch (error) {
    const why = error instanceof RangeError ? 'it does not come to an end' : String(error instanceof Error ? error.message : error);
    return `the schema of the settings cannot be used: ${safeText(why.split('\n', 1)[0] ?? '', MAX_QUOTED)}`;
  }
}

function faultText(errors: readonly OutputUnit[], schema: JsonObject): string {
  let at = 0;
  while (ABOVE.has(errors[at]?.keyword ?? '') && errors[at + 1] !== undefined) at += 1;
  const fault = errors[at];
  if (fault === undefined) return 'settings do not fit the schema';
  const forbidden = fault.keyword === 'false';
  // What nothing is allowed for does not say where that stands; the fault above it does.
  const rule = safeText((forbidden ? (errors[at - 1] ?? fault) : fault).keywordLocation, MAX_QUOTED);
  const path = settingsPath(fault.instanceLocation);
  if (!forbidden) return `${path}: ${safeText(fault.error.replace(/\.$/, ''), MAX_QUOTED)} (rule ${rule})`;
  return `${path} is no setting of this module${rule === '#/additionalProperties' ? meant(fault.instanceLocation, schema) : ''} (rule ${rule})`;
}

/** A misspelt name is told with the one that was meant. */
function meant(location: string, { properties }: JsonObject): string {
  const known = isPlainObject(properties) ? Object.keys(properties).slice(0, 100) : [];
  const typed = keysOf(location)[0] ?? '';
  const name = typed.length > 64 ? undefined : nearest(typed, known);
  const hint = name === undefined ? '' : `, perhaps '${safeText(name, 64)}' is meant`;
  return `${hint}; it knows ${safeText(known.join(', '), MAX_QUOTED) || 'none'}`;
}

/** `#/limits/0/max` → `settings.limits[0].max`. */
function settingsPath(location: string): string {
  const steps = keysOf(location).map((key) => {
    if (/^\d+$/.test(key)) return `[${key}]`;
    return /^[\w$-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  });
  return safeText(`settings${steps.join('')}`, MAX_QUOTED);
}

function keysOf(location: string): string[] {
  return location.split('/').slice(1).map(decodeKey);
}

function decodeKey(part: string): string {
  const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURI(key);
  } catch {
    // A key may itself hold a per cent sign.
    return key;
  }
}

function refuse(why: string, cause?: unknown): never {
  throw new GossipError('GOSSIP_E_MODULE_JSON', `${SETTINGS_SCHEMA_FILE}: ${why}`, { cause });
}
