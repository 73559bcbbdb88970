/** Edits of JSON: the document stays JSON, or nearly, so that what lies behind the first check is reached too. */
import { changeAt, placesOf, sizeOf, spell, treeOf } from './json-tree.ts';
import type { Field, JsonTree } from './json-tree.ts';

/** Values that parsers were found to trip over: of every type, at the borders of numbers, too deep, too long, no Unicode. */
const VALUES: readonly string[] = [
  ...'null true false 0 -0 1 -1 0.5 1.0 1e3 1e400 -1e400 5e-324 9007199254740991 9007199254740992 NaN 01 [] {} [[]] [{}]'.split(' '),
  ...'1099511627776 1099511627777 18446744073709551616 4294967296 8640000000000001 {"0":1} {"":{}} {"then":{}} {"toJSON":1}'.split(' '),
  ...String.raw`"" "a" "\ud800" "\udc00x" "\u0000" "\u001b[2J" "\u202e" "\uffff" "__proto__" "constructor" "127.0.0.1:0" "[::]:1"`.split(
    ' ',
  ),
  ...'{"toString":null,"valueOf":null} {"length":-1} {"__proto__":{"polluted":true}}'.split(' '),
  '{"constructor":{"prototype":{"polluted":true}}}',
  `${'['.repeat(40)}${']'.repeat(40)}`,
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`,
  `"${'a'.repeat(200)}"`,
  `"${'a'.repeat(70_000)}"`,
  `"${'é'.repeat(600)}"`,
  `[${'0,'.repeat(5_000)}0]`,
];

/** Larger documents are edited as bytes: they say the same as small ones, and cost more. */
const MAX_EDITED_LENGTH = 32 * 1024;
/** A tree that is deeper would overflow the stack here, before it came to any parser. */
const MAX_EDITED_DEPTH = 200;

const KEYS: readonly string[] = ['', ...'__proto__ constructor prototype toString hasOwnProperty toJSON then length 0 a'.split(' ')];

/** The ways to edit a tree at a value of it, chosen by a number. */
const CHANGES: readonly ((value: JsonTree, number: number) => JsonTree)[] = [
  (_, number) => ({ kind: 'text', text: pick(VALUES, number) }),
  (_, number) => ({ kind: 'text', text: pick(VALUES, number) }),
  (value) => ({ kind: 'array', items: [value] }),
  (value, number) => ({ kind: 'object', fields: [{ key: quoted(pick(KEYS, number)), value }] }),
  withoutOne,
  withOneTwice,
  withOneRenamed,
  withOneMore,
  swapped,
  numberStep,
  repeated,
];

/**
 * The document in `text` edited at a place of it; null when it is no JSON. What stands before the first bracket stays: heads, lengths.
 * Every third edit is of a payload inside, where there is one.
 */
export function editJson(text: string, place: number, number: number): string | null {
  const found = documentIn(text);
  if (found === null) return null;
  const payloads = number % 3 === 0 ? placesOf(found.tree, isBase64) : [];
  const rest = Math.floor(number / 3);
  const change = payloads.length > 0 ? insideOfBase64 : pick(CHANGES, rest);
  const at = payloads.length > 0 ? pick(payloads, place) : place % sizeOf(found.tree);
  const edited = changeAt(found.tree, at, (value) => change(value, Math.floor(rest / CHANGES.length)));
  return found.before + spell(edited);
}

function documentIn(text: string): { before: string; tree: JsonTree } | null {
  if (text.length > MAX_EDITED_LENGTH || bracketsDeep(text) > MAX_EDITED_DEPTH) return null;
  const at = text.search(/[[{]/);
  for (const start of [0, at]) {
    if (start === -1) continue;
    try {
      return { before: text.slice(0, start), tree: treeOf(JSON.parse(text.slice(start))) };
    } catch {
      // Not from here.
    }
  }
  return null;
}

/** At least as deep as the document: brackets within texts count too. */
function bracketsDeep(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function withoutOne(value: JsonTree, number: number): JsonTree {
  if (value.kind === 'array') return { ...value, items: value.items.toSpliced(number % (value.items.length + 1), 1) };
  if (value.kind === 'object') return { ...value, fields: value.fields.toSpliced(number % (value.fields.length + 1), 1) };
  return value;
}

function withOneTwice(value: JsonTree, number: number): JsonTree {
  if (value.kind === 'array') return { ...value, items: twice(value.items, number) };
  return value.kind === 'object' ? { ...value, fields: twice(value.fields, number) } : value;
}

function twice<T>(list: readonly T[], number: number): readonly T[] {
  const each = list[number % list.length];
  return each === undefined ? list : [...list, each];
}

function withOneRenamed(value: JsonTree, number: number): JsonTree {
  if (value.kind !== 'object') return value;
  const at = number % (value.fields.length + 1);
  return { ...value, fields: value.fields.map((field, index) => (index === at ? { ...field, key: quoted(pick(KEYS, number)) } : field)) };
}

/** In the place where canonical form wants it, so that it is not refused for that alone. */
function withOneMore(value: JsonTree, number: number): JsonTree {
  const text: JsonTree = { kind: 'text', text: pick(VALUES, Math.floor(number / KEYS.length)) };
  if (value.kind === 'array') return { ...value, items: value.items.toSpliced(number % (value.items.length + 1), 0, text) };
  if (value.kind !== 'object') return value;
  const field: Field = { key: quoted(pick(KEYS, number)), value: text };
  const at = value.fields.findIndex(({ key }) => key > field.key);
  return { ...value, fields: value.fields.toSpliced(at === -1 ? value.fields.length : at, 0, field) };
}

function swapped(value: JsonTree, number: number): JsonTree {
  if (value.kind !== 'object' || value.fields.length < 2) return value;
  const [a, b] = [number % value.fields.length, (number + 1) % value.fields.length];
  const values = value.fields.map((field) => field.value);
  const other = (index: number) => values[index === a ? b : index === b ? a : index] ?? value;
  return { ...value, fields: value.fields.map((field, index) => ({ ...field, value: other(index) })) };
}

function numberStep(value: JsonTree, number: number): JsonTree {
  const was = value.kind === 'text' ? Number(value.text) : NaN;
  if (!Number.isFinite(was)) return value;
  const steps = [was + 1, was - 1, was * 2, -was, was * 1_000_000, was + 0.5];
  return { kind: 'text', text: String(pick(steps, number)) };
}

function repeated(value: JsonTree, number: number): JsonTree {
  const first = value.kind === 'array' ? (value.items[0] ?? value) : value;
  const room = Math.floor(MAX_EDITED_LENGTH / (spell(first).length + 1));
  const times = Math.min(room, pick([2, 16, 17, 64, 65, 257, 1_025, 4_097], number));
  if (first.kind === 'text' && value.kind === 'text')
    return { kind: 'text', text: value.text.replace(/^"(.*)"$/s, (_, text: string) => `"${text.repeat(times)}"`) };
  return { kind: 'array', items: Array.from({ length: times }, () => first) };
}

/** The payload of an envelope: base64 of what begins with `{"`. */
function isBase64(value: JsonTree): boolean {
  return value.kind === 'text' && value.text.startsWith('"ey');
}

function insideOfBase64(value: JsonTree, number: number): JsonTree {
  if (value.kind !== 'text') return value;
  const inside = Buffer.from(value.text.slice(1, -1), 'base64').toString();
  const edited = editJson(inside, Math.floor(number / 101), Math.floor(number / 7));
  return edited === null ? value : { kind: 'text', text: quoted(Buffer.from(edited).toString('base64')) };
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function pick<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T;
}
