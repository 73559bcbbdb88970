/**
 * What applications ask of the registry, each an object with `op`:
 * `{ op: 'get', key }`, `{ op: 'set', key, value, ttlMs?, ifVersion? }`, `{ op: 'delete', key, ifVersion? }`, `{ op: 'list', prefix?, after?, limit? }`.
 *
 * `ifVersion` compares with what this node knows: the version of an earlier answer, or null for a key that must not be there. It keeps two programs of one
 * node apart, and those of two nodes only where the one has heard of the other's write: the last writer wins.
 */
import { asInteger, asObject, asText, asWord, BadInput, field, Refusal } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { MAX_KEYS, parseKey, valueText } from '../../sdk/replicated.ts';
import { parseTtl, withTtl } from './entry.ts';
import type { Entry } from './entry.ts';
import type { ReplicatedMap } from './map.ts';

type IfVersion = string | null | undefined;

export type AppRequest =
  | { readonly op: 'get'; readonly key: string }
  /** `text`: compact JSON. `ttlMs`: undefined lives for ever. `ifVersion`: undefined compares nothing. */
  | { readonly op: 'set'; readonly key: string; readonly text: string; readonly ttlMs: number | undefined; readonly ifVersion: IfVersion }
  | { readonly op: 'delete'; readonly key: string; readonly ifVersion: IfVersion }
  | { readonly op: 'list'; readonly prefix: string; readonly after: string; readonly limit: number };

/** Entries of one answer to `list`, and about how many characters they have together. */
const MAX_LISTED = 1_000;
const MAX_LISTED_CHARACTERS = 512 * 1024;
const PREFIX = /^[\w./:@-]{0,128}$/;
const VERSION = /^\d{1,15}\.\d{1,16}\.[0-9a-f]{0,16}$/;
const FIELDS = {
  get: ['op', 'key'],
  set: ['op', 'key', 'value', 'ttlMs', 'ifVersion'],
  delete: ['op', 'key', 'ifVersion'],
  list: ['op', 'prefix', 'after', 'limit'],
} as const;

export function parseAppRequest(body: Json): AppRequest {
  const request = asObject(body, 'a request');
  const op = asWord(field(request, 'op'), "a request's op", ['get', 'set', 'delete', 'list']);
  const known: readonly string[] = FIELDS[op];
  const unknown = Object.keys(request).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new BadInput(`'${unknown.slice(0, 64)}' is no field of ${op}; it takes ${known.join(', ')}`);
  switch (op) {
    case 'get':
      return { op, key: parseKey(field(request, 'key')) };
    case 'set': {
      const value = field(request, 'value');
      if (value === undefined) throw new BadInput('set needs a value');
      const ttlMs = parseTtl(field(request, 'ttlMs'));
      return { op, key: parseKey(field(request, 'key')), text: valueText(value), ttlMs, ifVersion: versionIn(request) };
    }
    case 'delete':
      return { op, key: parseKey(field(request, 'key')), ifVersion: versionIn(request) };
    case 'list': {
      const [prefix, after] = (['prefix', 'after'] as const).map((name) =>
        asText(field(request, name) ?? '', name, { max: 128, form: PREFIX }),
      );
      const limit = asInteger(field(request, 'limit') ?? MAX_LISTED, 'limit', { min: 1, max: MAX_LISTED });
      return { op, prefix: prefix ?? '', after: after ?? '', limit };
    }
  }
}

function versionIn(request: JsonObject): IfVersion {
  const given = field(request, 'ifVersion');
  return given === undefined || given === null ? given : asText(given, 'ifVersion', { max: 64, form: VERSION });
}

export function answerRequest(map: ReplicatedMap, request: AppRequest, writer: string): Json {
  if (request.op === 'list') return listed(map, request);
  const { key } = request;
  const known = living(map.get(key));
  if (request.op === 'get') return known === undefined ? { key, exists: false } : { exists: true, ...shown(map, known) };
  compare(request.ifVersion, known);
  if (request.op === 'delete') {
    if (known !== undefined) writeValue(map, { key, text: null, writer });
    return { key, existed: known !== undefined };
  }
  if (known === undefined && map.keys >= MAX_KEYS) throw new Refusal('full', `the registry holds ${MAX_KEYS} keys already`);
  return { key, version: versionText(writeValue(map, { key, text: request.text, writer, ttlMs: request.ttlMs })) };
}

/** Null deletes. */
export function writeValue(map: ReplicatedMap, { ttlMs, ...write }: Pick<Entry, 'key' | 'text' | 'writer' | 'ttlMs'>): Entry {
  return map.write(write.key, (stamp) => ({ ...write, ...withTtl(ttlMs), ...stamp }));
}

/** What those that watch are told of a change. */
export function changeJson(entry: Entry): JsonObject {
  const { key, text, ttlMs } = entry;
  const version = versionText(entry);
  if (text !== null) return { event: 'set', key, value: JSON.parse(text) as Json, version, ...withTtl(ttlMs) };
  return { event: ttlMs === undefined ? 'delete' : 'expire', key, version };
}

function compare(wanted: IfVersion, known: Entry | undefined): void {
  const present = known === undefined ? null : versionText(known);
  if (wanted === undefined || wanted === present) return;
  const is = present === null ? 'is not there' : `has the version ${present}`;
  throw new Refusal('conflict', `the key ${is}, and ${wanted === null ? 'it should not be there' : `${wanted} was expected`}`);
}

function listed(map: ReplicatedMap, { prefix, after, limit }: Extract<AppRequest, { op: 'list' }>): Json {
  const found = [...map.entries()]
    .filter((entry) => entry.text !== null && entry.key.startsWith(prefix) && entry.key > after)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  let characters = 0;
  const over = found.findIndex(({ key, text }) => (characters += key.length + (text ?? '').length) > MAX_LISTED_CHARACTERS);
  const entries = found.slice(0, Math.min(limit, over < 0 ? found.length : over));
  return { entries: entries.map((entry) => shown(map, entry)), more: entries.length < found.length };
}

function living(entry: Entry | undefined): Entry | undefined {
  return entry?.text === null ? undefined : entry;
}

function shown(map: ReplicatedMap, entry: Entry): JsonObject {
  const { key, text } = entry;
  const remainsMs = map.remainsMs(key);
  return { key, value: JSON.parse(text ?? 'null') as Json, version: versionText(entry), ...(remainsMs !== undefined && { remainsMs }) };
}

/** Tells two entries of one key apart: no writer writes one version twice. */
function versionText({ version, time, writer }: Entry): string {
  return `${version}.${time}.${writer.slice(0, 16)}`;
}
