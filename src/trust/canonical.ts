/** Canonical form (RFC 8785): the one spelling of a JSON value that may be signed or hashed (attacks C1, C3 and C14). */
import canonicalize from 'canonicalize';
import { GossipError } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';
import { readJson } from '../sdk/json-text.ts';

export interface ParseLimits {
  readonly maxBytes: number;
  /** Arrays and objects within each other; a bare value has depth 0. */
  readonly maxDepth: number;
  /** Values altogether: in memory a value of two bytes takes twenty times as much (attack C14). Default 131,072. */
  readonly maxValues?: number;
}

/** More than any message between nodes holds. */
const MAX_VALUES = 2 ** 17;

const encoder = new TextEncoder();
// `ignoreBOM` keeps a byte order mark in the text, where the JSON parser refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The canonical bytes of a value. Refuses what JSON cannot carry: NaN, infinities, lone surrogates, undefined. */
export function canonicalBytes(value: unknown): Uint8Array {
  return encoder.encode(canonicalText(value));
}

/** Parses bytes that must be canonical JSON; any other spelling of the same value is refused. */
export function parseCanonical(bytes: Uint8Array, limits: ParseLimits): unknown {
  const text = boundedText(bytes, limits, 'GOSSIP_E_CANONICAL');
  const value = parseText(text, 'GOSSIP_E_CANONICAL');
  if (canonicalText(value) !== text) throw new GossipError('GOSSIP_E_CANONICAL', 'the JSON is not in canonical form');
  return value;
}

/** Parses bytes of JSON that nobody signed, within limits. */
export function parseJson(bytes: Uint8Array, limits: ParseLimits): unknown {
  return parseText(boundedText(bytes, limits, 'GOSSIP_E_REQUEST'), 'GOSSIP_E_REQUEST');
}

function canonicalText(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_CANONICAL', `the value has no canonical form: ${(cause as Error).message}`, { cause });
  }
  if (text === undefined) throw new GossipError('GOSSIP_E_CANONICAL', 'the value has no canonical form');
  return text;
}

/** Size before depth before decoding: each check bounds the work of the next. */
function boundedText(bytes: Uint8Array, { maxBytes, maxDepth, maxValues = MAX_VALUES }: ParseLimits, code: ErrorCode): string {
  if (bytes.length > maxBytes) throw new GossipError('GOSSIP_E_TOO_LARGE', `${bytes.length} bytes of JSON, ${maxBytes} are allowed`);
  const excess = excessOf(bytes, maxDepth, maxValues);
  if (excess !== null) throw new GossipError(code, `the JSON ${excess}`);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new GossipError(code, 'the JSON is not UTF-8', { cause });
  }
}

function parseText(text: string, code: ErrorCode): unknown {
  try {
    return readJson(text);
  } catch (cause) {
    throw new GossipError(code, 'the bytes are not JSON', { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const [OPEN_ARRAY, CLOSE_ARRAY] = [0x5b, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];

/** What is too much about it, in words. */
function excessOf(bytes: Uint8Array, maxDepth: number, maxValues: number): string | null {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) at = endOfString(bytes, at + 1);
    else if (byte === COMMA) values += 1;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth += 1;
      values += 1;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > maxDepth) return `is nested deeper than ${maxDepth}`;
    if (values > maxValues) return `holds more than ${maxValues} values`;
  }
  return null;
}

/** Index of the closing quote, or the end. Looks from quote to quote: payloads are long texts without any. */
function endOfString(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(QUOTE, from);
  while (at !== -1 && isEscaped(bytes, at, from)) at = bytes.indexOf(QUOTE, at + 1);
  return at === -1 ? bytes.length : at;
}

function isEscaped(bytes: Uint8Array, at: number, from: number): boolean {
  let backslashes = 0;
  while (at - backslashes > from && bytes[at - backslashes - 1] === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
