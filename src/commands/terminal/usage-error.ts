/** What the parser of flags refuses, in this program's words: which flag, what was given, and what is right. */
import type { Errors } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { safeText } from '../../model/safe-text.ts';
import { nameOfValue } from '../../process/environment.ts';
import { nearest } from '../../sdk/nearest.ts';
import { looksLikeToken } from '../../trust/token-form.ts';

/** The command whose words were parsed. */
export interface Typed {
  /** `cluster init` */
  readonly command: string;
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, { readonly type?: string; readonly env?: string; readonly char?: string }>>;
}

const MAX_SHOWN = 60;
/** Letters with which a flag is meant that goes on behind them. */
const MIN_BEGINNING = 3;
/** Flags that are offered at most. */
const MAX_MEANT = 3;
/** Flags of every command, beside its own. */
const COMMON = ['json', 'help'];

type Said = readonly [message: string, advice?: string | undefined];

/** What oclif says, by its form, in our words; its own where it is none of these. */
const FORMS: readonly [RegExp, (parts: readonly string[], typed: Typed) => Said][] = [
  [/^Flag --(\S+) expects a value$/, ([flag = '']) => [`--${flag}: its value is missing`]],
  [/^Flag --(\S+) expects one of these values: (.*)$/s, ([flag = '', options = '']) => [`--${flag}: its value is missing`, oneOf(options)]],
  [/^Flag --(\S+) can only be specified once$/, ([flag = '']) => [`--${flag} is given more than once`]],
  [
    /^Expected --([^=\s]+)=(.*) to be one of: (.*)$/s,
    ([flag = '', value = '', options = ''], typed) => [
      `${nameOf(flag, typed)}: ${quoted(value)} is none of its values`,
      didYouMean(value, options.split(', ')) ?? oneOf(options),
    ],
  ],
  [
    /^Expected (.*) to be one of: (.*)$/s,
    ([value = '', options = '']) => [`unexpected argument: ${quoted(value)}`, didYouMean(value, options.split(', ')) ?? oneOf(options)],
  ],
  [/^Command (\S+) not found\.?$/, ([id = '']) => [`there is no command '${safeText(id.replaceAll(':', ' '), MAX_SHOWN)}'`]],
  [/^Missing required flag (\S+)$/, ([flag = '']) => [`--${flag} is missing`]],
  [/^All of the following must be provided when using --(\S+): (.*)$/s, ([flag = '', others = '']) => [`--${flag} needs ${others}`]],
  [
    // The value stays out: it may be a secret.
    /^--([^=\s]+)=.* cannot also be provided when using (--\S+)$/s,
    ([flag = '', other = '']) => [`--${flag} and ${other} exclude each other`, 'Leave one of them out.'],
  ],
];

export function usageError(thrown: Errors.CLIError, typed: Typed): GossipError {
  const [message, advice = helpOf(typed)] = saidBy(thrown, typed);
  return new GossipError('GOSSIP_E_USAGE', message, { advice, cause: thrown });
}

/** How the user gave a value. */
export function nameOf(flag: string, { words, flags }: Typed): string {
  return nameOfValue(flag, flags[flag]?.env, words);
}

/** Part of a typed word, fit to be shown; a join token is a secret. */
export function quoted(text: string): string {
  return looksLikeToken(text) ? 'a join token' : `'${safeText(text, MAX_SHOWN)}'`;
}

/** `--nmae=x`: what stands behind `=` may be a secret. */
export function unknownFlag(word: string, names: readonly string[], help: string): Said {
  const [flag = ''] = word.split('=');
  const near = flag.startsWith('--') ? meant(flag.slice(2), names) : undefined;
  return [`there is no flag ${safeText(flag, MAX_SHOWN)}`, near === undefined ? help : `Did you mean --${near}?`];
}

/** `--set` is the beginning of `--settings`. What agrees to a change unseen is not offered to whoever meant something else. */
function meant(word: string, names: readonly string[]): string | undefined {
  const longer = word.length < MIN_BEGINNING ? [] : names.filter((name) => name.startsWith(word));
  if (longer.length > 0) return longer.toSorted().slice(0, MAX_MEANT).join(' or --');
  const near = nearest(word, names);
  return near === 'yes' && !word.startsWith('y') ? undefined : near;
}

function saidBy(thrown: Errors.CLIError, typed: Typed): Said {
  const { flags, args } = thrown as { flags?: unknown; args?: unknown };
  if (Array.isArray(flags)) return unknownFlag(String(flags[0]), [...Object.keys(typed.flags), ...COMMON], helpOf(typed));
  if (Array.isArray(args)) return aboutArguments(args as readonly (string | Argument)[], typed);
  const lines = plainLines(thrown.message);
  const said = lines.flatMap((line) => inOurWords(line, typed));
  if (said.length < lines.length) return [lines.join(' ')];
  return [said.map(({ message }) => message).join('; '), said.find(({ advice }) => advice !== undefined)?.advice];
}

/** Where the command's own help is. */
export function helpOf({ command }: Typed): string {
  return command === '' ? 'See gossip --help.' : `See gossip ${command} --help.`;
}

interface Argument {
  readonly name: string;
}

/** Words too many, or arguments that are missing. */
function aboutArguments(args: readonly (string | Argument)[], typed: Typed): Said {
  const missing = args.flatMap((each) => (typeof each === 'string' ? [] : [each.name.toUpperCase()]));
  if (missing.length > 0) return [`${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`];
  const extra = args.filter((each) => typeof each === 'string');
  const valued = typed.words.find((word) =>
    Object.entries(typed.flags).some(([name, { type }]) => type === 'boolean' && word === `--${name}=${extra[0]}`),
  );
  if (valued !== undefined) return [`${valued.split('=')[0]} takes no value`];
  return [`unexpected argument: ${extra.map(quoted).join(' ')}`];
}

/** Nothing where the line has none of the forms. */
function inOurWords(line: string, typed: Typed): { message: string; advice: string | undefined }[] {
  for (const [form, words] of FORMS) {
    const match = form.exec(line);
    if (match === null) continue;
    const [message, advice] = words(match.slice(1), typed);
    return [{ message, advice }];
  }
  return [];
}

function plainLines(message: string): string[] {
  return message
    .replace(/\s*See more help with --help\s*$/, '')
    .replace(/^The following errors? occurred:\s+/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function didYouMean(value: string, options: readonly string[]): string | undefined {
  const near = nearest(value, options);
  return near === undefined ? undefined : `Did you mean ${near}?`;
}

function oneOf(options: string): string {
  return `Write one of ${options}.`;
}
