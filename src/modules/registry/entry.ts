/** An entry of the map, or the tombstone of one, and which of two is the later. */
import { asInteger, asList, asObject, asText, BadInput, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import type { Stamp } from './clock.ts';

/** When and by whom something was written; the time is 0 for what the deployment's settings say. */
export interface Version extends Stamp {
  /** Node id; empty for what the deployment's settings say, which is the same on every node. */
  readonly writer: string;
}

export interface Entry extends Version {
  readonly key: string;
  /** Compact JSON; null is a tombstone. */
  readonly text: string | null;
  /** It lives so long from its time on. A tombstone that has it was a value that has expired. */
  readonly ttlMs?: number | undefined;
}

/** Shorter than some rounds of gossip nobody could rely on it. */
export const MIN_TTL_MS = 1_000;
export const MAX_TTL_MS = 365 * 24 * 3_600_000;

export const MAX_VERSION = 2 ** 48;
const MAX_VALUE_CHARACTERS = 4_096;
const KEY = /^[\w./:@-]{1,128}$/;
const WRITER = /^([0-9a-f]{64})?$/;

export function parseKey(value: Json | undefined): string {
  return asText(value, 'a key', { max: 128, form: KEY });
}

export function valueText(value: Json): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined || text.length > MAX_VALUE_CHARACTERS) {
    throw new BadInput(`a value must be JSON of at most ${MAX_VALUE_CHARACTERS} characters`);
  }
  return text;
}

function parseVersion(object: JsonObject): Version {
  return {
    version: asInteger(field(object, 'version'), 'a version', { min: 1, max: MAX_VERSION }),
    time: asInteger(field(object, 'time'), 'a time', { max: Number.MAX_SAFE_INTEGER }),
    writer: asText(field(object, 'writer'), 'a writer', { max: 64, form: WRITER }),
  };
}

/** Undefined: for ever. */
export function parseTtl(value: Json | undefined): number | undefined {
  return value === undefined ? undefined : asInteger(value, 'ttlMs', { min: MIN_TTL_MS, max: MAX_TTL_MS });
}

function parseEntry(value: Json): Entry {
  const object = asObject(value, 'an entry');
  const content = field(object, 'value');
  return {
    key: parseKey(field(object, 'key')),
    ...parseVersion(object),
    text: content === undefined ? null : valueText(content),
    ...withTtl(parseTtl(field(object, 'ttlMs'))),
  };
}

export function parseEntries(value: Json | undefined, max: number): Entry[] {
  return asList(value, 'entries', { max }).map(parseEntry);
}

export function entryJson({ key, version, time, writer, text, ttlMs }: Entry): JsonObject {
  return { key, version, time, writer, ...(text === null ? {} : { value: JSON.parse(text) as Json }), ...withTtl(ttlMs) };
}

export function withTtl(ttlMs: number | undefined): { readonly ttlMs?: number } {
  return ttlMs === undefined ? {} : { ttlMs };
}

/** The same write: what is left of it may differ by what clocks say of its time to live. */
export function isSameWrite(a: Entry, b: Entry): boolean {
  return compareVersions(a, b) === 0 && a.ttlMs !== undefined && a.ttlMs === b.ttlMs;
}

/** Negative, zero or positive, as `a` is older than, the same as or newer than `b`. A deletion beats a value of the same version. */
export function compareEntries(a: Entry, b: Entry): number {
  const byContent = Number(a.text === null) - Number(b.text === null) || compareText(a.text ?? '', b.text ?? '');
  // The version before has passed on values without their time to live.
  return compareVersions(a, b) || byContent || (a.ttlMs ?? 0) - (b.ttlMs ?? 0);
}

function compareVersions(a: Version, b: Version): number {
  return a.version - b.version || a.time - b.time || compareText(a.writer, b.writer);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
