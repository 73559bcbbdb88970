/** What observed-remove maps say to each other, as JSON: writers stand once, and dots name them by their place. */
import type { Json, JsonObject } from '../json.ts';
import { asInteger, asList, asObject, asText, BadInput, field } from '../parse.ts';
import { parseKey, valueText } from './last-writer-entry.ts';

/** Of each writer, the count up to which all is known that happened. */
export type Seen = ReadonlyMap<string, number>;

export interface Dotted {
  readonly writer: string;
  readonly count: number;
  /** The value as compact JSON; null where whoever hears of it has seen it. */
  readonly text: string | null;
}

export interface Delta {
  readonly seen: Seen;
  readonly entries: ReadonlyMap<string, readonly Dotted[]>;
}

export interface Digest {
  readonly seen: Seen;
  /** Of all dots that are held. */
  readonly hash: string;
}

/** Writes of one instance. */
export const MAX_COUNT = 2 ** 48;
/** More of either does not fit into what a map keeps. */
const MAX_WRITERS = 10_000;
const MAX_DOTS = 16_000;

export function parseWriter(value: Json | undefined): string {
  return asText(value, 'a writer', { max: 32, form: /^[0-9a-f]{32}$/ });
}

export function digestJson({ seen, hash }: Digest): JsonObject {
  return { seen: seenJson(seen), hash };
}

export function parseDigest(value: Json): Digest {
  const digest = asObject(value, 'a digest');
  return { seen: parseSeen(digest), hash: asText(field(digest, 'hash'), 'a hash', { max: 16, form: /^[0-9a-f]{16}$/ }) };
}

/** `tells`: whether the value of a dot goes along. */
export function deltaJson({ seen, entries }: Delta, tells: (dotted: Dotted) => boolean): JsonObject {
  const places = new Map([...seen.keys()].map((writer, place) => [writer, place]));
  const dotJson = (dotted: Dotted): Json => {
    const dot = [places.get(dotted.writer) ?? 0, dotted.count];
    return tells(dotted) && dotted.text !== null ? [...dot, JSON.parse(dotted.text) as Json] : dot;
  };
  return { seen: seenJson(seen), entries: [...entries].map(([key, dots]) => [key, dots.map(dotJson)]) };
}

/** Each key once, each dot once, and none that is not seen. */
export function parseDelta(value: Json): Delta {
  const delta = asObject(value, 'a delta');
  const seen = parseSeen(delta);
  const writers = [...seen];
  const list = asList(field(delta, 'entries'), 'entries', { max: MAX_DOTS });
  const entries = new Map(list.map((entry) => parseDots(entry, writers)));
  const dots = [...entries.values()].flat();
  if (entries.size !== list.length) throw new BadInput('a delta must have each key once');
  if (new Set(dots.map(({ writer, count }) => `${writer} ${count}`)).size !== dots.length)
    throw new BadInput('a delta must have each dot once');
  return { seen, entries };
}

function parseDots(value: Json, writers: readonly (readonly [string, number])[]): [key: string, dots: Dotted[]] {
  const [key, list] = asList(value, 'an entry', { max: 2 });
  const dots = asList(list, 'dots', { max: MAX_DOTS }).map((dot) => parseDot(dot, writers));
  if (dots.length === 0) throw new BadInput('an entry must have dots');
  return [parseKey(key), dots];
}

function parseDot(value: Json, writers: readonly (readonly [string, number])[]): Dotted {
  const [place, count, content] = asList(value, 'a dot', { max: 3 });
  const [writer, most] = writers[asInteger(place, "a dot's writer", { max: MAX_WRITERS })] ?? [];
  if (writer === undefined || most === undefined) throw new BadInput("a dot's writer must be one of seen");
  return {
    writer,
    count: asInteger(count, "a dot's count", { min: 1, max: most }),
    text: content === undefined ? null : valueText(content),
  };
}

function seenJson(seen: Seen): Json {
  return [...seen].map(([writer, count]) => [writer, count]);
}

function parseSeen(object: JsonObject): Seen {
  const list = asList(field(object, 'seen'), 'seen', { max: MAX_WRITERS });
  const seen = new Map(
    list.map((each): [string, number] => {
      const [writer, count] = asList(each, 'a writer with its count', { max: 2 });
      return [parseWriter(writer), asInteger(count, 'a count', { min: 1, max: MAX_COUNT })];
    }),
  );
  if (seen.size !== list.length) throw new BadInput('seen must have each writer once');
  return seen;
}
