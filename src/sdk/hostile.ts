/** Bodies and states that no honest instance sends: what a module must survive. */
import type { Body, Json } from './json.ts';
import { encode } from './utf8.ts';

/** None of them is a state of any sensible module. */
const HOSTILE_STATES: readonly string[] = ['', '{', 'null', '[[', '\u0000', '"', '{"__proto__":{"polluted":true}}'];

/** Bytes that are no state of a module whose state is a text: a text in UTF-8, too. */
const HOSTILE_BYTES: readonly Uint8Array[] = [new Uint8Array(0), Uint8Array.of(0xff, 0, 0x7b), encode('{"version":1}')];

/** What is no state of a module that gives such a one: no text where bytes are, and no bytes where a text is. */
export function hostileStates(given: string | Uint8Array): readonly (string | Uint8Array)[] {
  return typeof given === 'string' ? [...HOSTILE_STATES, ...HOSTILE_BYTES] : HOSTILE_STATES;
}

/** Wrong types, extremes, names of the prototype chain, size and depth; and bytes, among them those of a JSON text. */
export function hostileBodies(): Body[] {
  return [
    null,
    true,
    -1,
    0.5,
    1e308,
    '',
    'constructor',
    '\u0000\ud800',
    [],
    {},
    ...['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}'].map((text) => JSON.parse(text) as Json),
    'x'.repeat(256 * 1_024),
    Array.from({ length: 20_000 }, (_, index) => index),
    Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key${index}`, index])),
    JSON.parse('['.repeat(2_000) + ']'.repeat(2_000)) as Json,
    new Uint8Array(0),
    new Uint8Array(1_000).fill(0xff),
    encode('{"type":"update"}'),
  ];
}

/** What a single value becomes in a bent message. */
const TWISTS: readonly Json[] = [null, true, -1, 0.5, 2 ** 53 - 1, 1e308, '', '__proto__', 'x'.repeat(10_000), [], {}, [[[]]]];

/** An honest message with one or a few of its values twisted, removed or repeated. */
export function bend(body: Body, random: () => number): Body {
  if (body instanceof Uint8Array) return bendBytes(body, random);
  let bent = body;
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) bent = twist(bent, random);
  return bent;
}

/** Bytes cut off, repeated, or with one of them changed. */
function bendBytes(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = Math.floor(random() * bytes.length);
  if (random() < 0.3) return bytes.slice(0, at);
  if (random() < 0.1) return Uint8Array.of(...bytes.subarray(0, 5_000), ...bytes.subarray(0, 5_000));
  return bytes.map((byte, place) => (place === at ? Math.floor(random() * 256) : byte));
}

function twist(value: Json, random: () => number): Json {
  if (typeof value !== 'object' || value === null || random() < 0.2) return draw(TWISTS, random) ?? null;
  if (Array.isArray(value)) return twistList(value as readonly Json[], random);
  const entries = Object.entries(value);
  const at = Math.floor(random() * entries.length);
  if (random() < 0.2) return Object.fromEntries(entries.filter((_, index) => index !== at));
  return Object.fromEntries(entries.map(([key, inner], index) => [key, index === at ? twist(inner, random) : inner]));
}

function twistList(list: readonly Json[], random: () => number): Json {
  if (random() < 0.1) return Array.from({ length: 5_000 }, () => list[0] ?? null);
  const at = Math.floor(random() * list.length);
  return list.map((inner, index) => (index === at ? twist(inner, random) : inner));
}

function draw<T>(from: readonly T[], random: () => number): T | undefined {
  return from[Math.floor(random() * from.length)];
}
