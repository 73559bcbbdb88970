/** Edits that turn valid inputs into others: plain data, so that a random source can draw them and a failing list can be shrunk. */
import { editJson } from './json-edits.ts';
import { bytesOf, textOf } from './target.ts';

const BYTE_EDITS = ['flip-bit', 'set-byte', 'insert', 'remove', 'repeat', 'truncate', 'splice', 'concatenate', 'length'] as const;
export const EDITS = ['json', ...BYTE_EDITS] as const;

export interface Edit {
  readonly how: (typeof EDITS)[number];
  /** Where, as any whole number. */
  readonly place: number;
  /** What, as any whole number. */
  readonly number: number;
}

/** Bytes that formats give a meaning. */
const TOKENS: readonly string[] = [
  ...'" { } [ ] , : \\ \\u 0 - . e = / .. @ %00 + null "__proto__": sha256: d1 1. ms ::1 999999999999'.split(' '),
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  '\u00ff',
  '\u2028',
  '\u001b',
  '\ufeff',
];
const LENGTHS: readonly number[] = [0, 1, 0x7f, 0xff, 0xffff, 0x10000, 0x200000, 0x4000000, 0x4000001, 0x7fffffff, 0x80000000, 0xffffffff];

/** The input after all edits, cut to `maxBytes`. `other` is a second valid input, to take parts from. */
export function edited(input: Uint8Array, edits: readonly Edit[], other: Uint8Array, maxBytes: number): Uint8Array {
  return edits.reduce((bytes, edit) => apply(bytes, edit, other).subarray(0, maxBytes), input);
}

function apply(bytes: Uint8Array, { how, place, number }: Edit, other: Uint8Array): Uint8Array {
  const at = place % (bytes.length + 1);
  const length = Math.min(bytes.length - at, 1 + (number % 32));
  switch (how) {
    case 'json':
      return jsonEdited(bytes, place, number, other);
    case 'flip-bit':
      return withByte(bytes, at, (byte) => byte ^ (1 << (number % 8)));
    case 'set-byte':
      return withByte(bytes, at, () => number % 256);
    case 'insert':
      return joined(bytes.subarray(0, at), bytesOf(TOKENS[number % TOKENS.length] ?? ''), bytes.subarray(at));
    case 'remove':
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 'repeat':
      return joined(
        bytes.subarray(0, at + length),
        ...Array<Uint8Array>(1 + (number % 70)).fill(bytes.subarray(at, at + length)),
        bytes.subarray(at + length),
      );
    case 'truncate':
      return bytes.subarray(0, at);
    case 'splice':
      return joined(bytes.subarray(0, at), other.subarray(number % (other.length + 1)));
    case 'concatenate':
      return number % 2 === 0 ? joined(bytes, other) : joined(other, bytes);
    case 'length':
      return withLength(bytes, at, LENGTHS[number % LENGTHS.length] ?? 0);
  }
}

/** What is no JSON is edited as bytes. */
function jsonEdited(bytes: Uint8Array, place: number, number: number, other: Uint8Array): Uint8Array {
  const text = editJson(textOf(bytes), place, number);
  if (text !== null) return bytesOf(text);
  const how = BYTE_EDITS[number % BYTE_EDITS.length] ?? 'set-byte';
  return apply(bytes, { how, place, number: Math.floor(number / BYTE_EDITS.length) }, other);
}

function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const byte = copy[at];
  if (byte !== undefined) copy[at] = change(byte);
  return copy;
}

/** A length of four bytes, as frames and copies have them. */
function withLength(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (bytes.length < 4) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(length, Math.min(at - (at % 4), bytes.length - 4));
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
