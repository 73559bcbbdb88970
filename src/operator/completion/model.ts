/** What a shell can complete: after which words of the command line stand which commands, flags and names. */
import type { NameKind } from './seen.ts';

export interface Choice {
  readonly word: string;
  readonly summary: string;
}

export interface FlagChoice extends Choice {
  /** `-t`, where there is one. */
  readonly short: string | null;
  readonly takesValue: boolean;
  /** The values it takes, where they are few and fixed. */
  readonly values: readonly string[];
  /** Whose names it takes, of those that were seen last. */
  readonly names: NameKind | null;
}

/** One place on the command line: the words before it, such as `module init`; '' at the beginning. */
export interface Place {
  readonly path: string;
  readonly commands: readonly Choice[];
  readonly flags: readonly FlagChoice[];
  /** What its arguments are: names that were seen last, fixed values, or else files. */
  readonly argument: { readonly names: NameKind | null; readonly values: readonly string[] };
}

/** A command as its framework describes it; ids have colons: `module:init`. */
export interface DescribedCommand {
  readonly id: string;
  readonly hidden?: boolean | undefined;
  readonly summary?: string | undefined;
  readonly flags: Readonly<Record<string, DescribedFlag>>;
  readonly args?: Readonly<Record<string, { readonly options?: readonly string[] | undefined }>>;
}
export interface DescribedFlag {
  readonly name: string;
  readonly char?: string | undefined;
  readonly hidden?: boolean | undefined;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly type: 'boolean' | 'option';
  readonly options?: readonly string[] | undefined;
}

/** All places, sorted; topics among them. `closed`: what the first argument of a command may be, by its id, where its framework does not say it. */
export function places(
  described: readonly DescribedCommand[],
  topics: Readonly<Record<string, string>>,
  closed: Readonly<Record<string, readonly string[]>> = {},
): Place[] {
  const visible = described.filter((command) => command.hidden !== true);
  const paths = new Set(['']);
  for (const { id } of visible) {
    const words = id.split(':');
    words.forEach((_, index) => paths.add(words.slice(0, index + 1).join(' ')));
  }
  const summaryOf = (path: string) => visible.find(({ id }) => id === path.replaceAll(' ', ':'))?.summary ?? topics[path] ?? '';
  return [...paths].toSorted().map((path) => ({
    path,
    commands: [...paths]
      .filter((other) => other !== '' && parentOf(other) === path)
      .toSorted()
      .map((other) => ({ word: other.slice(other.lastIndexOf(' ') + 1), summary: firstLine(summaryOf(other)) })),
    flags: flagsOf(visible.find(({ id }) => id === path.replaceAll(' ', ':'))),
    argument: argumentOf(
      visible.find(({ id }) => id === path.replaceAll(' ', ':')),
      closed,
    ),
  }));
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(' ')));
}

const FLAG_NAMES: Readonly<Record<string, NameKind>> = {
  cluster: 'cluster',
  to: 'node',
  from: 'node',
  module: 'module',
  expect: 'deployment',
};
const ARGUMENT_NAMES: Readonly<Record<string, NameKind>> = {
  node: 'node',
  module: 'module',
  deployment: 'deployment',
  before: 'deployment',
  cluster: 'cluster',
};

function argumentOf(command: DescribedCommand | undefined, closed: Readonly<Record<string, readonly string[]>>): Place['argument'] {
  const [first] = Object.entries(command?.args ?? {});
  return { names: ARGUMENT_NAMES[first?.[0] ?? ''] ?? null, values: first?.[1].options ?? closed[command?.id ?? ''] ?? [] };
}

function flagsOf(command: DescribedCommand | undefined): FlagChoice[] {
  const own = Object.values(command?.flags ?? {})
    .filter((flag) => flag.hidden !== true)
    .map((flag) => ({
      word: `--${flag.name}`,
      short: flag.char === undefined ? null : `-${flag.char}`,
      summary: firstLine(flag.summary ?? flag.description ?? ''),
      takesValue: flag.type === 'option',
      values: flag.options ?? [],
      names: FLAG_NAMES[flag.name] ?? null,
    }));
  const help = { word: '--help', short: null, summary: 'Show help', takesValue: false, values: [], names: null };
  return own.some(({ word }) => word === help.word) ? own : [...own, help];
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/\.$/, '');
}
