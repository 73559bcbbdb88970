/** An entry of a last-writer-wins map, or the tombstone of one; which of two is the later; and how they are read from what others say. */
import type { Json, JsonObject } from '../json.ts';
import { asInteger, asObject, asText, BadInput, field } from '../parse.ts';
import type { Stamp } from './hybrid-clock.ts';

/** A write: when, by whom, and what. */
export interface LastWriterEntry extends Stamp {
  readonly key: string;
  /** Node id; empty for what no node wrote by itself, such as what settings say. */
  readonly writer: string;
  /** The value as compact JSON; null is a tombstone. */
  readonly text: string | null;
}

/** Highest version that is written or read. */
export const MAX_VERSION = 2 ** 48;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 4_096;
const KEY = /^[\w./:@-]{1,128}$/;
const WRITER = /^([0-9a-f]{64})?$/;

/** A key: 1 to 128 letters, digits and `_ . / : @ -`. */
export function parseKey(value: Json | undefined): string {
  return asText(value, 'a key', { max: MAX_KEY_CHARACTERS, form: KEY });
}

/** The text of a value: JSON of at most 4,096 characters. */
export function valueText(value: Json): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined || text.length > MAX_VALUE_CHARACTERS) {
    throw new BadInput(`a value must be JSON of at most ${MAX_VALUE_CHARACTERS} characters`);
  }
  return text;
}

/** Reads what `entryJson` wrote; throws `BadInput` for anything else. */
export function parseEntry(value: Json): LastWriterEntry {
  const object = asObject(value, 'an entry');
  const content = field(object, 'value');
  return {
    key: parseKey(field(object, 'key')),
    version: asInteger(field(object, 'version'), 'a version', { min: 1, max: MAX_VERSION }),
    time: asInteger(field(object, 'time'), 'a time', { max: Number.MAX_SAFE_INTEGER }),
    writer: asText(field(object, 'writer'), 'a writer', { max: 64, form: WRITER }),
    text: content === undefined ? null : valueText(content),
  };
}

/** For messages and for the state; a tombstone has no `value`. */
export function entryJson({ key, version, time, writer, text }: LastWriterEntry): JsonObject {
  return { key, version, time, writer, ...(text === null ? {} : { value: JSON.parse(text) as Json }) };
}

/** Negative, zero or positive, as `a` is older than, the same as or newer than `b`. A deletion beats a value of the same version. */
export function compareEntries(a: LastWriterEntry, b: LastWriterEntry): number {
  return compareVersions(a, b) || Number(a.text === null) - Number(b.text === null) || compareText(a.text ?? '', b.text ?? '');
}

/** Likewise, of the writes alone. */
export function compareVersions(a: LastWriterEntry, b: LastWriterEntry): number {
  return a.version - b.version || a.time - b.time || compareText(a.writer, b.writer);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
