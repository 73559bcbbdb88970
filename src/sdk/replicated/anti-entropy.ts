/**
 * Anti-entropy (Demers et al., 1987): two peers find out what they do not share, and move only that. One sends the `digestsOf` its map; the other answers with a
 * `summarize` of the buckets that differ; the first makes a `plan` of what to give and to want, and `catchUp` takes what the absence of keys says. Each step is a
 * value: who sends it, and when, is the module's own affair. Whoever does this with one peer in each round has everything after O(log n) rounds, whatever was lost.
 */
import type { Json, JsonObject } from '../json.ts';
import { asBoolean, asInteger, asList, asObject, asText, field } from '../parse.ts';
import { fingerprint, hashHex, hashText } from './hash.ts';
import { MAX_VERSION, parseKey } from './last-writer-entry.ts';

/** A digest has a kilobyte. */
export const BUCKETS = 64;
/** Rows of a summary beyond which no further bucket is begun. */
const SUMMARY_ROWS = 1_000;
/** How far beyond the clock the floor of another node may lie: what is written after that lies beyond it everywhere. */
const MAX_FLOOR_LEAP = 2 ** 32;
const HASH = { max: 16, form: /^[0-9a-f]{16}$/ };

/** What has a key, and counts its writes. */
export interface Versioned {
  readonly key: string;
  readonly version: number;
}

/** What can be compared: `LastWriterMap` is one. */
export interface Comparable<Entry extends Versioned> {
  /** Keys of versions up to here that are absent were deleted; 0 where nothing is. */
  readonly floor: number;
  entries(): Iterable<Entry>;
  get(key: string): Entry | undefined;
  /** The same for two entries of one key that are the same. */
  textOf(entry: Entry): string;
}

/** What can be caught up, too. */
interface Repairable<Entry extends Versioned> extends Comparable<Entry> {
  readonly clock: number;
  concede(floor: number, lacks: (key: string) => boolean): void;
  raiseFloor(floor: number): void;
}

/** What one side says it has. */
export interface Digests {
  readonly floor: number;
  readonly digests: readonly string[];
}

/** A key that one side has, and in which version. */
export interface Row extends Versioned {
  /** Of the entry's text. */
  readonly hash: string;
}

/** What the other side has in the buckets that differ. */
export interface Summary {
  readonly floor: number;
  /** All buckets that differ are in it. */
  readonly complete: boolean;
  readonly buckets: readonly number[];
  readonly rows: readonly Row[];
}

/** For each bucket of keys the XOR of its entries' hashes, as text. */
export function digestsOf<Entry extends Versioned>(map: Comparable<Entry>): string[] {
  const sums = Array.from({ length: BUCKETS }, () => [0, 0] as [number, number]);
  for (const entry of map.entries()) {
    const sum = sums[bucketOf(entry.key)];
    const [high, low] = hashText(map.textOf(entry));
    if (sum !== undefined) [sum[0], sum[1]] = [sum[0] ^ high, sum[1] ^ low];
  }
  return sums.map(hashHex);
}

/** What differs from the other side's digests, or null. `first`: the bucket to begin at, drawn by chance, so that all get their turn. */
export function summarize<Entry extends Versioned>(map: Comparable<Entry>, theirs: Digests, first: number): Summary | null {
  const ours = digestsOf(map);
  const differing = [...ours.keys()].filter((bucket) => ours[bucket] !== theirs.digests[bucket]);
  if (differing.length === 0 && map.floor === theirs.floor) return null;
  const turned = [...differing.filter((bucket) => bucket >= first), ...differing.filter((bucket) => bucket < first)];
  const buckets: number[] = [];
  const rows: Row[] = [];
  const byBucket = Map.groupBy(map.entries(), ({ key }) => bucketOf(key));
  for (const bucket of turned) {
    if (rows.length >= SUMMARY_ROWS) break;
    buckets.push(bucket);
    rows.push(...(byBucket.get(bucket) ?? []).map((entry) => ({ key: entry.key, version: entry.version, hash: hashOf(map, entry) })));
  }
  return { floor: map.floor, complete: buckets.length === differing.length, buckets, rows };
}

/** What to give to and to want from the side that sent this summary: all of it, of which a message carries what it has room for. */
export function plan<Entry extends Versioned>(map: Comparable<Entry>, summary: Summary): { gives: Entry[]; wants: string[] } {
  const rows = new Map(summary.rows.map((row) => [row.key, row]));
  const buckets = new Set(summary.buckets);
  const newsToThem = (entry: Entry): boolean => {
    const row = rows.get(entry.key);
    if (row === undefined) return entry.version > summary.floor;
    return entry.version > row.version || (entry.version === row.version && hashOf(map, entry) !== row.hash);
  };
  return {
    gives: [...map.entries()].filter((entry) => buckets.has(bucketOf(entry.key)) && newsToThem(entry)),
    wants: summary.rows.filter((row) => isNews(map, row)).map(({ key }) => key),
  };
}

/** After what was given and got: drops what the other side saw deleted, and takes its floor if nothing of it is missing here. */
export function catchUp<Entry extends Versioned>(map: Repairable<Entry>, summary: Summary): void {
  if (summary.floor > map.clock + MAX_FLOOR_LEAP) return;
  const keys = new Set(summary.rows.map(({ key }) => key));
  const buckets = new Set(summary.buckets);
  map.concede(summary.floor, (key) => buckets.has(bucketOf(key)) && !keys.has(key));
  if (summary.complete && !summary.rows.some((row) => isNews(map, row))) map.raiseFloor(summary.floor);
}

/** Reads `floor` and `digests` of a message. */
export function parseDigests(message: JsonObject): Digests {
  const digests = asList(field(message, 'digests'), 'digests', { max: BUCKETS }).map((digest) => asText(digest, 'a digest', HASH));
  return { floor: parseFloor(message), digests };
}

/** Reads what `summaryJson` wrote. Null: nothing differs. `maxRows`: as many as a map keeps entries. */
export function parseSummary(body: Json, maxRows: number): Summary | null {
  if (body === null) return null;
  const object = asObject(body, 'a summary');
  const buckets = asList(field(object, 'buckets'), 'buckets', { max: BUCKETS });
  return {
    floor: parseFloor(object),
    complete: asBoolean(field(object, 'complete'), 'complete'),
    buckets: buckets.map((bucket) => asInteger(bucket, 'a bucket', { max: BUCKETS - 1 })),
    rows: asList(field(object, 'rows'), 'rows', { max: maxRows }).map(parseRow),
  };
}

/** For a message; `parseSummary` reads it. */
export function summaryJson({ floor, complete, buckets, rows }: Summary): JsonObject {
  return { floor, complete, buckets, rows: rows.map(({ key, version, hash }) => [key, version, hash]) };
}

function isNews<Entry extends Versioned>(map: Comparable<Entry>, row: Row): boolean {
  const entry = map.get(row.key);
  if (entry === undefined) return row.version > map.floor;
  return row.version > entry.version || (row.version === entry.version && row.hash !== hashOf(map, entry));
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

function hashOf<Entry extends Versioned>(map: Comparable<Entry>, entry: Entry): string {
  return fingerprint(map.textOf(entry));
}

function bucketOf(key: string): number {
  return (hashText(key)[1] >>> 0) % BUCKETS;
}
