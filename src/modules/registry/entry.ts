/** An entry of the registry: one of the SDK's map, which may have a time to live. */
import { asInteger, asList, asObject, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { compareVersions, entryJson as plainJson, parseEntry as parsePlain } from '../../sdk/replicated.ts';
import type { LastWriterEntry } from '../../sdk/replicated.ts';

export interface Entry extends LastWriterEntry {
  /** It lives so long from its time on. A tombstone that has it was a value that has expired. */
  readonly ttlMs?: number | undefined;
}

/** Shorter than some rounds of gossip nobody could rely on it. */
export const MIN_TTL_MS = 1_000;
export const MAX_TTL_MS = 365 * 24 * 3_600_000;

/** Undefined: for ever. */
export function parseTtl(value: Json | undefined): number | undefined {
  return value === undefined ? undefined : asInteger(value, 'ttlMs', { min: MIN_TTL_MS, max: MAX_TTL_MS });
}

function parseEntry(value: Json): Entry {
  return { ...parsePlain(value), ...withTtl(parseTtl(field(asObject(value, 'an entry'), 'ttlMs'))) };
}

export function parseEntries(value: Json | undefined, max: number): Entry[] {
  return asList(value, 'entries', { max }).map(parseEntry);
}

export function entryJson(entry: Entry): JsonObject {
  return { ...plainJson(entry), ...withTtl(entry.ttlMs) };
}

export function withTtl(ttlMs: number | undefined): { readonly ttlMs?: number } {
  return ttlMs === undefined ? {} : { ttlMs };
}

/** The same write: what is left of it may differ by what clocks say of its time to live. */
export function isSameWrite(a: Entry, b: Entry): boolean {
  return compareVersions(a, b) === 0 && a.ttlMs !== undefined && a.ttlMs === b.ttlMs;
}

export function compareTtl(a: Entry, b: Entry): number {
  return (a.ttlMs ?? 0) - (b.ttlMs ?? 0);
}
