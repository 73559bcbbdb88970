/** One change of the source, and how it is made: for a scratch copy, in which a defence is left out. */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { declarationsIn, isDroppable, isExpression, isTest, parse, pathOf, smallest } from './syntax.ts';
import type { Part, Sought } from './syntax.ts';

/** Names, strings, numbers and operators that stand at the place; `name()` is a call. The smallest place that holds all of them is meant. */
type Words = string | readonly string[];

/** The declaration that holds the place, wherever it stands below src: the end of `file.Class.member`, as far as it needs to be the only one. */
interface In {
  readonly in: string;
}

export type Mutation = NamedMutation | TextMutation;

type NamedMutation =
  /** A statement, an operand of `&&`, `||` or `??`, an element of a list, or a property is left out. */
  | (In & { readonly drop: Words })
  /** A condition is false. */
  | (In & { readonly never: Words })
  /** A condition is true. */
  | (In & { readonly always: Words })
  /** An expression is another one, in which `$` stands for what it was. */
  | (In & { readonly of: Words; readonly is: string })
  /** A constant has another value, or a function answers it at once. */
  | (In & { readonly is: string });

/** For what is no TypeScript. */
interface TextMutation {
  /** Below src. */
  readonly file: string;
  /** Occurs exactly once. */
  readonly from: string;
  readonly to: string;
}

/** The mutation's place is not there, or more than once: the source changed, and the mutation must follow. */
class StaleMutation extends Error {
  override readonly name = 'StaleMutation';

  constructor(mutation: Mutation, found: string) {
    super(`${JSON.stringify(mutation)} needs one place, and there are ${found}`);
  }
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A file below src, and its text. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** Of all sources the one that the mutation changes, with the change in it. */
export function mutated(sources: readonly Source[], mutation: Mutation): Source {
  if ('file' in mutation) return replaced(sources, mutation);
  const declared = sources.flatMap((source) => declarations(source, mutation.in).map((part) => ({ source, part })));
  const sought = soughtBy(mutation);
  const { source, part } = only(mutation, declared, 'such declarations', () => elsewhere(sources, sought));
  const places = sought === null ? valueOf(part) : smallest(part, sought);
  const place = only(mutation, places, 'such places', () => elsewhere(sources, sought));
  return edited(source, editOf(mutation, place, source.text));
}

function replaced(sources: readonly Source[], mutation: TextMutation): Source {
  const found = sources.filter(({ file }) => file === mutation.file);
  const texts = found.flatMap(({ text }) => [...text.matchAll(new RegExp(RegExp.escape(mutation.from), 'g'))]);
  const { index } = only(mutation, texts, 'such texts');
  return edited(only(mutation, found, 'such files'), { start: index, end: index + mutation.from.length, text: mutation.to });
}

function only<Found>(mutation: Mutation, found: readonly Found[], what: string, hint = (): string => ''): Found {
  const [first] = found;
  if (first === undefined) throw new StaleMutation(mutation, `no ${what}${hint()}`);
  if (found.length > 1) throw new StaleMutation(mutation, `${found.length} ${what}`);
  return first;
}

function edited({ file, text }: Source, edit: Edit): Source {
  return { file, text: text.slice(0, edit.start) + edit.text + text.slice(edit.end) };
}

/** Of those sources that are asked for often. */
const known = new WeakMap<Source, readonly Part[]>();

function isTypeScript({ file }: Source): boolean {
  return file.endsWith('.ts');
}

function nameOf({ file }: Source): string {
  return basename(file, '.ts');
}

function declarations(source: Source, name: string): Part[] {
  if (!isTypeScript(source) || !source.text.includes(name.slice(name.lastIndexOf('.') + 1))) return [];
  const all = known.get(source) ?? declarationsIn(parse(nameOf(source), source.text));
  known.set(source, all);
  return all.filter((part) => `.${pathOf(part)}`.endsWith(`.${name}`));
}

/** Null: the whole declaration is meant. */
function soughtBy(mutation: NamedMutation): Sought | null {
  if ('drop' in mutation) return { words: [mutation.drop].flat(), isKind: isDroppable };
  if ('never' in mutation) return { words: [mutation.never].flat(), isKind: isTest };
  if ('always' in mutation) return { words: [mutation.always].flat(), isKind: isTest };
  return 'of' in mutation ? { words: [mutation.of].flat(), isKind: isExpression } : null;
}

/** Where the place may have gone. */
function elsewhere(sources: readonly Source[], sought: Sought | null): string {
  if (sought === null) return '';
  const likely = sources.filter(
    (source) => isTypeScript(source) && sought.words.every((word) => source.text.includes(word.replace('()', ''))),
  );
  const found = likely.flatMap((source) => smallest(parse(nameOf(source), source.text), sought).map(pathOf));
  return found.length > 0 && found.length < 5 ? `, but in ${found.join(' and ')}` : '';
}

function editOf(mutation: NamedMutation, place: Part, source: string): Edit {
  if ('drop' in mutation) return withoutPart(place, source);
  const { type, start, end } = place;
  if ('never' in mutation) return { start, end, text: 'false' };
  if ('always' in mutation) return { start, end, text: 'true' };
  const text = mutation.is.replaceAll(/\$(?!\{)/g, () => source.slice(start, end));
  return { start, end, text: type === 'BlockStatement' ? `{ return ${text}; }` : text };
}

function withoutPart({ start, end, parent, role, type }: Part, source: string): Edit {
  if (parent?.type === 'LogicalExpression') {
    const other = parent.children.find((child) => child.role !== role);
    return { start: parent.start, end: parent.end, text: source.slice(other?.start, other?.end) };
  }
  if (role !== 'elements' && role !== 'properties') return { start, end, text: type === 'VariableDeclaration' ? '' : ';' };
  const [comma = ''] = /^\s*,/.exec(source.slice(end)) ?? [];
  return { start, end: end + comma.length, text: '' };
}

/** Of a constant what it is set to, of a function its body. */
function valueOf({ type, children }: Part): Part[] {
  const isFunction = type.includes('Function');
  const [value] = children.filter(({ role }) => (isFunction ? role === 'body' : role === 'init' || role === 'value'));
  if (value === undefined) return [];
  return value.type.includes('Function') ? valueOf(value) : [value];
}

/** All of src in the tree at `directory`. */
export async function sourcesOf(directory: string): Promise<Source[]> {
  const files = await readdir(join(directory, 'src'), { recursive: true });
  return Promise.all(files.filter((file) => file.endsWith('.ts')).map(async (file) => sourceOf(directory, file)));
}

/** `file`: below src. */
export async function sourceOf(directory: string, file: string): Promise<Source> {
  return { file, text: await readFile(join(directory, 'src', file), 'utf8') };
}

/** Makes the change in the tree at `directory`; answers what takes it back. */
export async function mutate(directory: string, mutation: Mutation): Promise<() => Promise<void>> {
  const sources = 'file' in mutation ? [await sourceOf(directory, mutation.file)] : await sourcesOf(directory);
  const { file, text } = mutated(sources, mutation);
  const before = await sourceOf(directory, file);
  const path = join(directory, 'src', file);
  await writeFile(path, text);
  return () => writeFile(path, before.text);
}
