/** What is fuzzed: a parser that takes bytes from outside, with inputs that it accepts. */
import type { ErrorCode } from '../../src/model/errors.ts';

export interface Target {
  readonly name: string;
  /** Inputs that are accepted; every other input is made from these. */
  readonly seeds: readonly Uint8Array[];
  /** Longest input that the medium lets through to the parser: a word in a command, a header. Without: what the fuzzer tries at most. */
  readonly maxBytes?: number;
  /** The codes that a refusal may have, where the parser promises some. Without: every code but that of a defect. */
  readonly codes?: readonly ErrorCode[];
  /** The value in these bytes, or a refusal. Throws an error that is not coded where a promise of its own is broken. */
  readonly parse: (input: Uint8Array) => unknown;
  /** What is parsed can be written, and read again as the same value. */
  readonly roundTrip?: RoundTrip;
}

/** Of a word that somebody types, or a header. */
export const WORD_BYTES = 1_024;

export interface RoundTrip {
  /** The bytes of a value that `parse` gave. */
  readonly write: (value: never) => Uint8Array | Promise<Uint8Array>;
  /** The value has no other bytes than those it was read from: what is signed or hashed has one spelling (attack C1). */
  readonly oneSpelling?: boolean;
}

/** A target whose values have a type. */
interface TypedTarget<Value> extends Omit<Target, 'parse' | 'roundTrip'> {
  readonly parse: (input: Uint8Array) => Value | Promise<Value>;
  readonly roundTrip?: Omit<RoundTrip, 'write'> & { readonly write: (value: Value) => Uint8Array | Promise<Uint8Array> };
}

export function target<Value>(typed: TypedTarget<Value>): Target {
  return typed;
}

/** As a program that reads text sees the bytes: what is not UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function jsonBytes(value: unknown): Uint8Array {
  return bytesOf(JSON.stringify(value));
}
