/** Anti-entropy: finds out what two maps do not share, and moves only that. */
import { bucketDigests, bucketOf, entryHash } from './digest.ts';
import type { Entry } from './entry.ts';
import { MAX_CHARACTERS, MAX_ENTRIES, SUMMARY_ROWS } from './messages.ts';
import type { Row, Summary } from './messages.ts';
import type { ReplicatedMap } from './map.ts';
import { MAX_FLOOR_LEAP } from './map.ts';

/** What differs from the other side's digests, or null. Begins at bucket `first`, so that all get their turn. */
export function summarize(
  map: ReplicatedMap,
  theirs: { readonly floor: number; readonly digests: readonly string[] },
  first: number,
): Summary | null {
  const ours = bucketDigests(map.entries());
  const differing = [...ours.keys()].filter((bucket) => ours[bucket] !== theirs.digests[bucket]);
  if (differing.length === 0 && map.floor === theirs.floor) return null;
  const turned = [...differing.filter((bucket) => bucket >= first), ...differing.filter((bucket) => bucket < first)];
  const buckets: number[] = [];
  const rows: Row[] = [];
  const byBucket = Map.groupBy(map.entries(), ({ key }) => bucketOf(key));
  for (const bucket of turned) {
    if (rows.length >= SUMMARY_ROWS) break;
    buckets.push(bucket);
    rows.push(...(byBucket.get(bucket) ?? []).map((entry) => ({ key: entry.key, version: entry.version, hash: entryHash(entry) })));
  }
  return { floor: map.floor, complete: buckets.length === differing.length, buckets, rows };
}

/** What to give to and to want from the side that sent this summary. */
export function plan(map: ReplicatedMap, summary: Summary): { gives: Entry[]; wants: string[] } {
  const rows = new Map(summary.rows.map((row) => [row.key, row]));
  const buckets = new Set(summary.buckets);
  const gives = [...map.entries()].filter((entry) => buckets.has(bucketOf(entry.key)) && newsTo(entry, rows.get(entry.key), summary.floor));
  const wants = summary.rows.filter((row) => isNews(map, row)).map(({ key }) => key);
  return { gives: fitting(gives), wants: wants.slice(0, MAX_ENTRIES) };
}

/** After what was given and got: drops what the other side saw deleted, and takes its floor if nothing of it is missing here. */
export function catchUp(map: ReplicatedMap, summary: Summary): void {
  if (summary.floor > map.clock + MAX_FLOOR_LEAP) return;
  const keys = new Set(summary.rows.map(({ key }) => key));
  const buckets = new Set(summary.buckets);
  map.concede(summary.floor, (key) => buckets.has(bucketOf(key)) && !keys.has(key));
  if (summary.complete && !summary.rows.some((row) => isNews(map, row))) map.raiseFloor(summary.floor);
}

/** As many entries as one message may carry. */
export function fitting(entries: readonly Entry[]): Entry[] {
  let characters = 0;
  const end = entries.findIndex((entry) => (characters += (entry.text?.length ?? 0) + entry.key.length) > MAX_CHARACTERS);
  return entries.slice(0, Math.min(MAX_ENTRIES, end < 0 ? entries.length : end));
}

function newsTo(entry: Entry, row: Row | undefined, floor: number): boolean {
  if (row === undefined) return entry.version > floor;
  return entry.version > row.version || (entry.version === row.version && entryHash(entry) !== row.hash);
}

function isNews(map: ReplicatedMap, row: Row): boolean {
  const entry = map.get(row.key);
  if (entry === undefined) return row.version > map.floor;
  return row.version > entry.version || (row.version === entry.version && row.hash !== entryHash(entry));
}
