/** Reading JSON that somebody else wrote: each function returns the value it was asked for, or throws `BadInput` and says where. */
import { readJson } from './json-text.ts';
import type { Body, Json, JsonObject } from './json.ts';

/** What arrived is not what was expected. Thrown in `receive` it refuses the message, in `acceptState` the state. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
}

/** From `min` to `max`, both included. Without `min` a whole number is 0 or more, any other as low as it likes. */
interface Bounds {
  readonly min?: number;
  readonly max: number;
}

/** What is looked at: what came, which may be bytes, or a part of it, which may be missing. */
type Come = Body | undefined;

/** Bytes are no object of JSON. */
export function isObject(value: Come): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** An object of JSON, no list and no bytes; throws `BadInput` for anything else. */
export function asObject(value: Come, what: string): JsonObject {
  if (isObject(value)) return value;
  throw new BadInput(`${what} must be an object`);
}

/** The object's own field; never what it inherits, such as `constructor`. */
export function field(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What `receive` or `request` was given, where only JSON means anything. */
export function asJson(body: Body, what: string): Json {
  if (body instanceof Uint8Array) throw new BadInput(`${what} must be JSON, and bytes came`);
  return body;
}

/** What `receive`, `request` or `acceptState` was given, where only bytes mean anything; `max` counts them. */
export function asBytes(body: Come, what: string, { max }: { readonly max: number }): Uint8Array {
  if (!(body instanceof Uint8Array)) throw new BadInput(`${what} must be bytes`);
  if (body.length > max) throw new BadInput(`${what} must have at most ${max} bytes`);
  return body;
}

/** `max` counts UTF-16 code units. */
export function asText(value: Come, what: string, { max, form }: { readonly max: number; readonly form?: RegExp }): string {
  if (typeof value !== 'string') throw new BadInput(`${what} must be a text`);
  if (value.length > max) throw new BadInput(`${what} must have at most ${max} characters`);
  if (form !== undefined && !form.test(value)) throw new BadInput(`${what} is malformed`);
  return value;
}

/** A finite number within the bounds; throws `BadInput` for anything else. */
export function asNumber(value: Come, what: string, { min = -Infinity, max }: Bounds): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new BadInput(`${what} must be a finite number`);
  if (value < min || value > max) throw new BadInput(`${what} must lie between ${min} and ${max}`);
  return value;
}

/** A whole number within the bounds; throws `BadInput` for anything else. */
export function asInteger(value: Come, what: string, bounds: Bounds): number {
  const number = asNumber(value, what, { min: 0, ...bounds });
  if (!Number.isInteger(number)) throw new BadInput(`${what} must be a whole number`);
  return number;
}

/** True or false; throws `BadInput` for anything else, with `what` in its message. */
export function asBoolean(value: Come, what: string): boolean {
  if (typeof value !== 'boolean') throw new BadInput(`${what} must be true or false`);
  return value;
}

/** A list of at most `max` values; throws `BadInput` for anything else. */
export function asList(value: Come, what: string, { max }: { readonly max: number }): readonly Json[] {
  if (!Array.isArray(value)) throw new BadInput(`${what} must be a list`);
  if (value.length > max) throw new BadInput(`${what} must have at most ${max} entries`);
  return value;
}

/** One of a fixed set of words. */
export function asWord<const Word extends string>(value: Come, what: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new BadInput(`${what} must be one of ${words.join(', ')}`);
  return found;
}

/** A state of `transferState`: a JSON object whose `version` is one of those that the caller can read. */
export function parseState(
  given: string | Uint8Array,
  versions: readonly number[],
): { readonly version: number; readonly state: JsonObject } {
  if (typeof given !== 'string') throw new BadInput('the state must be a text, and bytes came');
  let parsed: Json;
  try {
    parsed = readJson(given) as Json;
  } catch (cause) {
    throw new BadInput('the state is not JSON', { cause });
  }
  const state = asObject(parsed, 'the state');
  const version = asInteger(field(state, 'version'), "the state's version", { max: Number.MAX_SAFE_INTEGER });
  if (versions.includes(version)) return { version, state };
  throw new BadInput(`the state has version ${version}; this code reads ${versions.join(' and ')}`);
}
