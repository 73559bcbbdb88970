/** Bodies on their way into WebAssembly and out of it: bytes, with a number that says what they are. */
import type { Said } from '../content.ts';
import { readJson } from '../json-text.ts';
import type { Body, Json } from '../json.ts';
import { decode, encode } from '../utf8.ts';

/** The text of a JSON value in UTF-8, or of a state. */
export const TEXT = 0;
/** Bytes that mean something to their two ends alone. */
export const BYTES = 1;

/** What the code said. Throws where it is neither, or no UTF-8. */
export function saidBy(form: number, bytes: Uint8Array): Said {
  if (form === BYTES) return bytes;
  if (form !== TEXT) throw new TypeError(`a body of the unknown form ${form}`);
  return decode(bytes);
}

/** As it is handed to the code. */
export function handed(body: Body): [form: number, bytes: Uint8Array] {
  return body instanceof Uint8Array ? [BYTES, body] : [TEXT, encode(JSON.stringify(body))];
}

/** What was said, as modules have it. */
export function bodyOf(said: Said): Body {
  return typeof said === 'string' ? (readJson(said) as Json) : said;
}

/** A state as it is handed to the code: its text is any text. */
export function handedState(state: Said): [form: number, bytes: Uint8Array] {
  return typeof state === 'string' ? [TEXT, encode(state)] : [BYTES, state];
}

/** The JSON value that was said. */
export function jsonOf(what: string, said: Said): Json {
  if (typeof said === 'string') return readJson(said) as Json;
  throw new TypeError(`${what} must be JSON, and is bytes`);
}
