/** The text of a node's configuration file: TOML, or JSON. What its keys mean is said in `file-flags.ts`. */
import { GossipError } from '../model/errors.ts';
import { MAX_TOLD, safeText } from '../model/safe-text.ts';
import { readJson } from '../sdk/json-text.ts';
import { repeatedKey } from '../model/repeated-key.ts';

/** Deeper than anything that a flag may be. */
const MAX_DEPTH = 20;

export type Table = Readonly<Record<string, unknown>>;

/** By its extension; else JSON begins with a brace, and TOML cannot. */
function isJson(name: string, text: string): boolean {
  if (/\.json$/i.test(name)) return true;
  return !/\.toml$/i.test(name) && /^\s*\{/.test(text);
}

/**
 * What the text says. No parser's own words are passed on that show a part of the text: it may hold secrets.
 * @throws GOSSIP_E_CONFIG with the line where the text is neither
 */
export async function parseConfiguration(name: string, text: string): Promise<Table> {
  const value = isJson(name, text) ? parseJson(name, text) : await parseToml(name, text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Table;
  throw wrong(name, null, 'the file holds no table of keys');
}

/** Where the last of the keys stands, as far as a look at the lines tells. */
export function lineOf(text: string, keys: readonly string[]): number | null {
  const name = RegExp.escape(keys.at(-1) ?? '');
  const form = new RegExp(`^(?:[^#"']*[\\s{,.[])?["']?${name}["']?\\s*[=:\\]]|^.*[{,]\\s*"${name}"\\s*:`);
  const at = text.split('\n').findIndex((line) => form.test(line));
  return at < 0 ? null : at + 1;
}

/** `FILE:3: what` */
export function wrong(name: string, line: number | null, what: string, advice?: string): GossipError {
  return new GossipError('GOSSIP_E_CONFIG', `${safeText(name, MAX_TOLD)}${line === null ? '' : `:${line}`}: ${what}`, {
    ...(advice !== undefined && { advice }),
  });
}

function parseJson(name: string, text: string): unknown {
  const value = jsonIn(name, text);
  const twice = repeatedKey(text);
  if (twice === null) return value;
  throw wrong(name, lineAt(text, twice.at), `${safeText(twice.path, MAX_TOLD)} is given twice`, 'Leave one of them out.');
}

function jsonIn(name: string, text: string): unknown {
  try {
    return readJson(text);
  } catch (thrown) {
    const [, at] = /at position (\d+)/.exec((thrown as Error).message) ?? [];
    throw wrong(name, at === undefined ? null : lineAt(text, Number(at)), 'this is no JSON');
  }
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

async function parseToml(name: string, text: string): Promise<unknown> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text, { maxDepth: MAX_DEPTH });
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const [reason = ''] = thrown.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw wrong(name, thrown.line, `this is no TOML: ${safeText(reason, MAX_TOLD)}`, 'Text stands in quotes: listen = "10.0.0.7:7946".');
  }
}
