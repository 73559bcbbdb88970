/**
 * What registries say to each other, in two steps at most: `compare` is answered by `same` or by a `summary` of the
 * buckets that differ; `swap` brings what the other lacks and asks for what is lacking here.
 */
import { asList, asObject, asWord, field } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { parseDigests, parseKey } from '../../sdk/replicated.ts';
import type { Digests } from '../../sdk/replicated.ts';
import { entryJson, parseEntries } from './entry.ts';
import type { Entry } from './entry.ts';

/** Entries in one message, and the sum of their values' characters. */
export const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 256 * 1_024;

export type Request =
  | ({ readonly type: 'compare' } & Digests)
  | { readonly type: 'swap'; readonly entries: readonly Entry[]; readonly wants: readonly string[] };

export function parseRequest(body: Json): Request {
  const object = asObject(body, 'a message');
  const type = asWord(field(object, 'type'), 'the type of a message', ['compare', 'swap']);
  if (type === 'compare') return { type, ...parseDigests(object) };
  const wants = asList(field(object, 'wants'), 'wants', { max: MAX_ENTRIES }).map(parseKey);
  return { type, entries: parseEntries(field(object, 'entries'), MAX_ENTRIES), wants };
}

export function requestJson(request: Request): JsonObject {
  return request.type === 'compare' ? { ...request } : { ...request, entries: request.entries.map(entryJson) };
}

/** As many entries as one message may carry. */
export function fitting(entries: readonly Entry[]): Entry[] {
  let characters = 0;
  const end = entries.findIndex((entry) => (characters += (entry.text?.length ?? 0) + entry.key.length) > MAX_CHARACTERS);
  return entries.slice(0, Math.min(MAX_ENTRIES, end < 0 ? entries.length : end));
}
