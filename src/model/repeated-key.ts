/** A key that stands twice in an object of JSON: parsers take the last one without a word, and whoever wrote it meant both. */

export interface RepeatedKey {
  /** The key with those that lead to it, as in `on[1].event`. */
  readonly path: string;
  /** Where the second one stands, in UTF-16 units. */
  readonly at: number;
}

/** An object or a list that is open. */
interface Open {
  /** The keys that it has so far; null for a list. */
  readonly keys: Set<string> | null;
  /** The key or the place of what is in it just now. */
  at: string | number;
}

/** A text, a bracket, or what parts things from each other. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs;

/** The first in `text`, which is good JSON; null where there is none. */
export function repeatedKey(text: string): RepeatedKey | null {
  const open: Open[] = [];
  let mayBeKey = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const inner = open.at(-1);
    if (token.startsWith('"') && mayBeKey && inner?.keys) {
      inner.at = JSON.parse(token) as string;
      if (inner.keys.has(inner.at)) return { path: pathOf(open), at: index };
      inner.keys.add(inner.at);
    }
    if (token === '{') open.push({ keys: new Set(), at: '' });
    else if (token === '[') open.push({ keys: null, at: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && typeof inner?.at === 'number') inner.at += 1;
    // A key stands behind a brace or a comma; what stands behind a colon is a value.
    mayBeKey = token === '{' || token === ',';
  }
  return null;
}

function pathOf(open: readonly Open[]): string {
  return open.map(({ at }, depth) => (typeof at === 'number' ? `[${at}]` : `${depth === 0 ? '' : '.'}${at}`)).join('');
}
