/** What differs between two states of a module: field by field where both are JSON, as texts or bytes where they are not. */
import { isBytesState, stateBytes, textOf } from '../../model/state-bytes.ts';
import type { StateBytes } from '../../model/state-bytes.ts';

export interface Difference {
  /** Such as `counts.node1` or `list[3]`; empty for the whole state. */
  readonly path: string;
  readonly kind: 'lost' | 'added' | 'changed';
  /** What was there and what is, cut short; null for nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

const MAX_SHOWN = 60;
const MAX_PATH = 200;
const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/;

/** All differences, in the order of the fields; not more than `max` of them. */
export function compareStates(before: StateBytes, after: StateBytes, max: number): Difference[] {
  if (isBytesState(before) || isBytesState(after)) return sameBytes(before, after) ? [] : [changed('', sizeOf(before), sizeOf(after))];
  const [from, to] = [textOf(before), textOf(after)];
  if (from === to) return [];
  const [a, b] = [jsonOf(from), jsonOf(to)];
  if (a === undefined || b === undefined) return [changed('', cut(JSON.stringify(from)), cut(JSON.stringify(to)))];
  return compareValues(a, b, max);
}

/** Whether it says no more than that the whole differs: of bytes, and of a text that is no JSON. */
export function isWhole({ path, kind }: Difference): boolean {
  return path === '' && kind === 'changed';
}

/** The same of two values, with `root` in front of their places. With a stack of its own: they may be nested as deeply as their author likes. */
export function compareValues(before: unknown, after: unknown, max: number, root = ''): Difference[] {
  const found: Difference[] = [];
  const stack: (readonly [path: string, before: unknown, after: unknown])[] = [[root, before, after]];
  for (let next = stack.pop(); next !== undefined && found.length < max; next = stack.pop()) {
    const [place, a, b] = next;
    if (a === b) continue;
    const path = place.length <= MAX_PATH ? place : `…${place.slice(-MAX_PATH)}`;
    if (a === undefined) found.push({ path, kind: 'added', before: null, after: shown(b) });
    else if (b === undefined) found.push({ path, kind: 'lost', before: shown(a), after: null });
    else if (isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b))
      for (const field of fieldsOf(place, a, b).toReversed()) stack.push(field);
    else found.push(changed(path, shown(a), shown(b)));
  }
  return found;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(path: string, a: Fields, b: Fields): (readonly [string, unknown, unknown])[] {
  const at = (key: string): string => {
    if (Array.isArray(a)) return `${path}[${key}]`;
    if (!PLAIN_KEY.test(key)) return `${path}[${cut(JSON.stringify(key))}]`;
    return path === '' ? key : `${path}.${key}`;
  };
  const own = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [at(key), own(a, key), own(b, key)] as const);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** Of what holds others only how many. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${many(value.length, 'value')}]`;
  if (isObject(value)) return `{${many(Object.keys(value).length, 'field')}}`;
  return cut(JSON.stringify(value));
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function changed(path: string, before: string, after: string): Difference {
  return { path, kind: 'changed', before, after };
}

function cut(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`;
}

function sizeOf(state: StateBytes): string {
  return `${stateBytes(state)} bytes of ${isBytesState(state) ? 'bytes' : 'text'}`;
}

function sameBytes(a: StateBytes, b: StateBytes): boolean {
  return Buffer.concat(a).equals(Buffer.concat(b));
}

/** Undefined where it is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
