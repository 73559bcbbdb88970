/** Tags: a few words that a node says of itself, as `role=web`. How they are written and bounded. */
import { asInteger, asList, asObject, asText, BadInput, field, Refusal } from '../../sdk/index.ts';
import type { Json, JsonObject } from '../../sdk/index.ts';
import { parseId } from './claims.ts';

export type TagSet = Readonly<Record<string, string>>;

export interface Tagged {
  readonly id: string;
  /** Raised by the member itself with each change, and to refute what others say. */
  readonly version: number;
  readonly tags: TagSet;
}

/** Of one member: 16 tags, some 1.6 KB. */
export const MAX_TAGS = 16;
export const MAX_TAG_VERSION = 2 ** 40;
const NAME = { max: 32, form: /^[a-z][a-z0-9._-]*$/ };
const VALUE = { max: 64, form: /^[\w./:@+=,-]*$/ };

export function parseTagName(value: Json | undefined): string {
  return asText(value, "a tag's name", NAME);
}

export function parseTags(value: Json | undefined, what: string): TagSet {
  const entries = Object.entries(asObject(value, what));
  if (entries.length > MAX_TAGS) throw new BadInput(`${what} must have at most ${MAX_TAGS} entries`);
  return Object.fromEntries(entries.map(([name, text]) => [parseTagName(name), asText(text, "a tag's value", VALUE)]));
}

export function parseTagged(value: Json | undefined, max: number): Tagged[] {
  return asList(value, 'tags', { max }).map((each) => {
    const object = asObject(each, 'tags');
    return {
      id: parseId(field(object, 'id')),
      version: asInteger(field(object, 'version'), 'a version of tags', { min: 1, max: MAX_TAG_VERSION }),
      tags: parseTags(field(object, 'tags'), 'tags'),
    };
  });
}

export function taggedJson({ id, version, tags }: Tagged): JsonObject & Tagged {
  return { id, version, tags };
}

/** `tags` with some set and some removed, sorted by name; a `Refusal` where that would be too many. */
export function changedTags(tags: TagSet, { set, remove }: { readonly set: TagSet; readonly remove: readonly string[] }): TagSet {
  const kept = Object.entries(tags).filter(([name]) => !remove.includes(name) && !Object.hasOwn(set, name));
  const next = [...kept, ...Object.entries(set)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (next.length > MAX_TAGS) throw new Refusal('full', `a node has at most ${MAX_TAGS} tags`);
  return Object.fromEntries(next);
}

export function sameTags(a: TagSet, b: TagSet): boolean {
  return holdsTags(a, b) && holdsTags(b, a);
}

/** Whether all that is wanted is among the tags, with these values. */
export function holdsTags(tags: TagSet, wanted: TagSet): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(tags, name) && tags[name] === value);
}
