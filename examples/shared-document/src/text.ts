/** What applications ask of a text: `get`, `insert` and `delete`. Places and lengths count UTF-16 code units, as those of JavaScript and of Yjs do. */
import { asInteger, asText, BadInput, field } from 'gossip/sdk';
import type { Json, JsonObject } from 'gossip/sdk';
import type * as Y from 'yjs';

const MAX_INSERT = 10_000;
/** An event of more characters of JSON is not told: in bytes it may be three times as long. */
const MAX_EVENT = 20_000;

export function insert(text: Y.Text, request: JsonObject): Json {
  const inserted = wellFormed(asText(field(request, 'text'), 'text', { max: MAX_INSERT }));
  text.insert(place(text, field(request, 'at'), 'at'), inserted);
  return { length: text.length };
}

export function remove(text: Y.Text, request: JsonObject): Json {
  const { at, length } = range(text, request);
  text.delete(at, length);
  return { length: text.length };
}

/** What the text has there: between two characters, never within one. */
export function range(text: Y.Text, request: JsonObject): { readonly at: number; readonly length: number } {
  const at = place(text, field(request, 'at'), 'at');
  const length = asInteger(field(request, 'length'), 'length', { max: text.length - at });
  place(text, at + length, 'at + length');
  return { at, length };
}

/** For those that watch: what changed, in the form of Yjs's deltas; null where it is much, and is to be read anew. */
export function told({ delta }: Y.YTextEvent): Json {
  return { delta: JSON.stringify(delta).length <= MAX_EVENT ? (delta as unknown as Json) : null };
}

/** Yjs would make other characters of halves of one, and on other nodes others than here. */
export function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw new BadInput('text must not have halves of characters');
}

function place(text: Y.Text, value: Json | undefined, what: string): number {
  const at = asInteger(value, what, { max: text.length });
  const all = text.toJSON();
  const [before, after] = [all.charCodeAt(at - 1), all.charCodeAt(at)];
  if (before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000) throw new BadInput(`${what} lies within a character`);
  return at;
}
