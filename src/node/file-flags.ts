/** The flags of a node that its configuration file gives: read by the same table as words and variables. */
import { dirname, resolve } from 'node:path';
import { parseCount } from '../model/count.ts';
import { GossipError } from '../model/errors.ts';
import { MAX_TOLD, safeText } from '../model/safe-text.ts';
import { nearest } from '../sdk/nearest.ts';
import { lineOf, parseConfiguration, wrong } from './config-file.ts';
import type { Table } from './config-file.ts';
import { NODE_FLAGS } from './flags.ts';
import type { NodeFlag, TextFlag } from './flag-kinds.ts';
import type { NodeFlags } from './flags.ts';
import { partsOf } from './parts.ts';

export type FlagName = keyof NodeFlags;

export interface FileFlags {
  /** Absolute. */
  readonly path: string;
  readonly flags: Partial<NodeFlags>;
  /** Where each stands in the file, for messages: `node.toml:3: listen`. */
  readonly placeOf: (flag: FlagName) => string;
}

interface Entry {
  readonly keys: readonly string[];
  readonly value: unknown;
}

/** What may be wrong with a value, without its place; `inner`: the key of its own table. */
class Problem extends Error {
  readonly inner: string | undefined;
  constructor(message: string, inner?: string) {
    super(message);
    this.inner = inner;
  }
}

const MAX_PROBLEMS = 5;
const NAMES = (Object.keys(NODE_FLAGS) as FlagName[]).filter((name) => NODE_FLAGS[name].onlyTyped === undefined);

/** @throws GOSSIP_E_CONFIG that names all that is wrong, each with file, line and key */
export async function readFileFlags(file: string): Promise<FileFlags> {
  const { readGivenText } = await import('../operator/files/given-file.ts');
  const text = (await readGivenText(file, 'node configuration')).replace(/^\uFEFF/, '');
  return flagsOf(file, text, await parseConfiguration(file, text));
}

function flagsOf(file: string, text: string, table: Table): FileFlags {
  const path = resolve(file);
  const from = (named: string): string => resolve(dirname(path), named);
  const flags: Record<string, unknown> = {};
  const keysOf = new Map<string, readonly string[]>();
  const problems: GossipError[] = [];
  for (const { keys, value } of entriesOf(table)) {
    const name = keys.join('-');
    try {
      if (!isFlag(name)) throw new GossipError('GOSSIP_E_CONFIG', 'there is no such key', { advice: suggestion(keys) });
      if (keysOf.has(name)) throw new Problem(`is given twice, as ${keysOf.get(name)?.join('.')} too`);
      keysOf.set(name, keys);
      flags[name] = valueOf(NODE_FLAGS[name], value, from);
    } catch (thrown) {
      problems.push(about(thrown, file, text, keys));
    }
  }
  refuse(problems);
  const placeOf = (flag: FlagName): string => {
    const keys = keysOf.get(flag) ?? [flag];
    const line = lineOf(text, keys);
    return `${file}${line === null ? '' : `:${line}`}: ${keys.join('.')}`;
  };
  return { path, flags, placeOf };
}

/** A table that is no flag's own value stands for flags whose names begin so: `[log]` with `level` is `log-level`. */
function entriesOf(table: Table, above: readonly string[] = []): Entry[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const keys = [...above, key];
    const name = keys.join('-');
    const begins = isTable(value) && NAMES.some((flag) => flag.startsWith(`${name}-`));
    return begins ? entriesOf(value, keys) : [{ keys, value }];
  });
}

function valueOf(flag: NodeFlag, value: unknown, from: (path: string) => string): unknown {
  if (flag.kind === 'switch') {
    if (typeof value === 'boolean') return value;
    throw new Problem(`is ${kindOf(value)}: write true or false`);
  }
  if (flag.kind === 'count') {
    if (typeof value === 'number') return parseCount(String(value), flag);
    throw new Problem(`is ${kindOf(value)}: write a whole number`);
  }
  return flag.repeatable === undefined ? textOf(flag, value, from) : listOf(flag, value, from);
}

function textOf(flag: TextFlag, value: unknown, from: (path: string) => string): string | number {
  const text = flag.mayBeList && Array.isArray(value) ? value.map((each) => plain(each, flag)).join(',') : plain(value, flag);
  if (flag.options?.includes(text) === false) {
    const [near, all] = [nearest(text, flag.options), flag.options.join(', ')];
    throw new GossipError('GOSSIP_E_CONFIG', `'${safeText(text, MAX_TOLD)}' is none of its values`, {
      advice: near === undefined ? `Write one of ${all}.` : `Did you mean ${near}?`,
    });
  }
  const placed = flag.at?.(text, from) ?? text;
  return flag.parse?.(placed) ?? placed;
}

function listOf(flag: TextFlag, value: unknown, from: (path: string) => string): string[] {
  const texts = Array.isArray(value) ? value.map((each) => plain(each, flag)) : inTable(flag, value);
  return texts.flatMap((text) => partsOf(text, flag.repeatable ?? '\n')).map((text) => flag.at?.(text, from) ?? text);
}

/** `{ join = "/a", "leave,fail" = ["/b", "/c"] }` is `join=/a` and so on. */
function inTable(flag: TextFlag, value: unknown): string[] {
  if (!flag.mayBeTable || !isTable(value)) return [plain(value, flag)];
  return Object.entries(value).flatMap(([key, each]) =>
    (Array.isArray(each) ? each : [each]).map((one: unknown) => `${key}=${plain(one, flag, key)}`),
  );
}

function plain(value: unknown, flag: TextFlag, inner?: string): string {
  if (value === '') throw new Problem('is empty', inner);
  if (typeof value === 'string') return value;
  const lists = flag.repeatable !== undefined || flag.mayBeList ? ' or a list of texts' : '';
  throw new Problem(`is ${kindOf(value)}: write a text in quotes${lists}`, inner);
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  return value === null ? 'null' : 'a table';
}

function suggestion(keys: readonly string[]): string {
  const typed = keys.join('-');
  const name = typed.replaceAll('_', '-').toLowerCase();
  const near = isFlag(name) ? name : nearest(name, NAMES);
  if (near !== undefined) return `Did you mean ${near}?`;
  return Object.hasOwn(NODE_FLAGS, typed)
    ? 'It is for the command line alone.'
    : "Keys are the names of the flags: see 'gossip node run --help'.";
}

function about(thrown: unknown, file: string, text: string, table: readonly string[]): GossipError {
  if (!(thrown instanceof Problem || thrown instanceof GossipError)) throw thrown;
  const keys = thrown instanceof Problem && thrown.inner !== undefined ? [...table, thrown.inner] : table;
  const key = safeText(keys.join('.'), MAX_TOLD);
  const what = thrown instanceof Problem ? `${key} ${thrown.message}` : `${key}: ${thrown.message}`;
  return wrong(file, lineOf(text, keys), what, thrown instanceof GossipError ? thrown.advice : undefined);
}

function refuse(problems: readonly GossipError[]): void {
  const [first] = problems;
  if (first === undefined) return;
  if (problems.length === 1) throw first;
  const told = problems.slice(0, MAX_PROBLEMS).map(({ message }) => message);
  const more = problems.length - told.length;
  throw new GossipError('GOSSIP_E_CONFIG', `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`, { advice: first.advice });
}

function isFlag(name: string): name is FlagName {
  return (NAMES as readonly string[]).includes(name);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
