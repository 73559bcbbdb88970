/**
 * What registries say to each other, in two steps at most: `compare` is answered by `same` or by a `summary` of the
 * buckets that differ; `swap` brings what the other lacks and asks for what is lacking here.
 */
import { asBoolean, asInteger, asList, asObject, asText, asWord, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { BUCKETS } from './digest.ts';
import { entryJson, MAX_VERSION, parseEntries, parseKey } from './entry.ts';
import type { Entry } from './entry.ts';
import { MAX_KEPT_KEYS, MAX_TOMBSTONES } from './map.ts';

/** Entries in one message, and the sum of their values' characters. */
export const MAX_ENTRIES = 200;
export const MAX_CHARACTERS = 256 * 1_024;
/** Rows of a summary beyond which no further bucket is begun. */
export const SUMMARY_ROWS = 1_000;

export interface Row {
  readonly key: string;
  readonly version: number;
  /** `entryHash` */
  readonly hash: string;
}

export interface Summary {
  readonly floor: number;
  /** All buckets that differ are in it. */
  readonly complete: boolean;
  readonly buckets: readonly number[];
  readonly rows: readonly Row[];
}

export type Request =
  | { readonly type: 'compare'; readonly floor: number; readonly digests: readonly string[] }
  | { readonly type: 'swap'; readonly entries: readonly Entry[]; readonly wants: readonly string[] };

const HASH = { max: 16, form: /^[0-9a-f]{16}$/ };

export function parseRequest(body: Json): Request {
  const object = asObject(body, 'a message');
  const type = asWord(field(object, 'type'), 'the type of a message', ['compare', 'swap']);
  if (type === 'compare') {
    const digests = asList(field(object, 'digests'), 'digests', { max: BUCKETS }).map((digest) => asText(digest, 'a digest', HASH));
    return { type, floor: parseFloor(object), digests };
  }
  const wants = asList(field(object, 'wants'), 'wants', { max: MAX_ENTRIES }).map(parseKey);
  return { type, entries: parseEntries(field(object, 'entries'), MAX_ENTRIES), wants };
}

export function requestJson(request: Request): JsonObject {
  return request.type === 'compare' ? { ...request } : { ...request, entries: request.entries.map(entryJson) };
}

/** Null: nothing differs. */
export function parseSummary(body: Json): Summary | null {
  if (body === null) return null;
  const object = asObject(body, 'a summary');
  const buckets = asList(field(object, 'buckets'), 'buckets', { max: BUCKETS });
  return {
    floor: parseFloor(object),
    complete: asBoolean(field(object, 'complete'), 'complete'),
    buckets: buckets.map((bucket) => asInteger(bucket, 'a bucket', { max: BUCKETS - 1 })),
    rows: asList(field(object, 'rows'), 'rows', { max: MAX_KEPT_KEYS + MAX_TOMBSTONES }).map(parseRow),
  };
}

export function summaryJson({ floor, complete, buckets, rows }: Summary): JsonObject {
  return { floor, complete, buckets, rows: rows.map(({ key, version, hash }) => [key, version, hash]) };
}

function parseRow(value: Json): Row {
  const [key, version, hash] = asList(value, 'a row', { max: 3 });
  return {
    key: parseKey(key),
    version: asInteger(version, "a row's version", { min: 1, max: MAX_VERSION }),
    hash: asText(hash, "a row's hash", HASH),
  };
}

function parseFloor(object: JsonObject): number {
  return asInteger(field(object, 'floor'), 'a floor', { max: MAX_VERSION });
}
