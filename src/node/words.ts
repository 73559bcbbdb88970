/** Parses the arguments of `gossip node run` when they are well-formed; everything else is left to the full program. */
import { parseArgs } from 'node:util';
import { parseCount } from '../model/count.ts';
import { given as variable, givenSwitch } from '../process/environment.ts';
import type { Environment } from '../process/environment.ts';
import { NODE_FLAGS } from './flags.ts';
import { partsOf } from './parts.ts';
import type { NodeFlag } from './flag-kinds.ts';
import type { NodeFlags } from './flags.ts';

export interface ReadWords {
  readonly flags: NodeFlags;
  /** Output in JSON. */
  readonly json: boolean;
}

type Given = Readonly<Record<string, readonly (string | boolean)[] | undefined>>;

/** What the parser of the full program unquotes and unescapes in lists. */
const QUOTING = /["'\\]/;

/** Null where anything is asked for that is no plain start, help among it, or anything is wrong. */
export function readWords(words: readonly string[], environment: Environment): ReadWords | null {
  try {
    // Would make JSON of everything.
    if (variable('GOSSIP_CONTENT_TYPE', environment) !== undefined) return null;
    // Refused here as by the full program.
    givenSwitch('GOSSIP_DEBUG', environment);
    const given = givenIn(words);
    const flags: Record<string, unknown> = {};
    for (const [name, flag] of Object.entries(NODE_FLAGS)) flags[name] = valueOf(flag, given[name], environment);
    return { flags: flags as unknown as NodeFlags, json: given['json'] !== undefined };
  } catch {
    // It is read once more by who can say what is wrong with it.
    return null;
  }
}

function givenIn(words: readonly string[]): Given {
  const flags = Object.entries(NODE_FLAGS).map(([name, flag]) => [name, flag.kind === 'switch' ? 'boolean' : 'string'] as const);
  const options = [...flags, ['json', 'boolean'] as const].map(([name, type]) => [name, { type, multiple: true }] as const);
  const { values, tokens } = parseArgs({ args: [...words], options: Object.fromEntries(options), tokens: true });
  if (tokens.some(({ kind }) => kind === 'option-terminator')) throw new Error('words behind --');
  return values;
}

/** Throws where the value is none. */
function valueOf(flag: NodeFlag, given: Given[string], environment: Environment): unknown {
  if (flag.kind === 'switch') return given !== undefined || ((flag.env !== undefined && givenSwitch(flag.env, environment)) ?? false);
  const fromVariable = flag.env === undefined ? undefined : variable(flag.env, environment);
  const texts = (given as readonly string[] | undefined) ?? (fromVariable === undefined ? [] : [fromVariable]);
  if (texts.includes('')) throw new Error('empty');
  if (texts.some((text) => text.startsWith('--'))) throw new Error('a flag in the place of a value');
  if (flag.kind === 'text' && flag.repeatable !== undefined) return texts.length === 0 ? undefined : listOf(texts, flag.repeatable);
  if (texts.length > 1) throw new Error('given twice');
  const [text] = texts;
  if (flag.kind === 'count') return text === undefined ? undefined : parseCount(text, flag);
  if (text === undefined) return flag.default;
  if (flag.options?.includes(text) === false) throw new Error('no option');
  return flag.parse === undefined ? text : flag.parse(text);
}

function listOf(texts: readonly string[], between: ',' | '\n'): string[] {
  if (between === ',' && texts.some((text) => QUOTING.test(text))) throw new Error('quoted');
  return texts.flatMap((text) => partsOf(text, between));
}
