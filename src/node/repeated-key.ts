/** A key that stands twice in an object of JSON: parsers take the last one without a word, and whoever wrote it meant both. */

export interface RepeatedKey {
  readonly key: string;
  /** Where the second one stands, in UTF-16 units. */
  readonly at: number;
}

/** A text, a bracket, or what parts things from each other. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs;

/** The first in `text`, which is good JSON; null where there is none. */
export function repeatedKey(text: string): RepeatedKey | null {
  /** The keys of each object that is open; null for a list. */
  const open: (Set<string> | null)[] = [];
  let mayBeKey = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const keys = open.at(-1);
    if (token.startsWith('"') && mayBeKey && keys) {
      const key = JSON.parse(token) as string;
      if (keys.has(key)) return { key, at: index };
      keys.add(key);
    }
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    else if (token === '}' || token === ']') open.pop();
    // A key stands behind a brace or a comma; what stands behind a colon is a value.
    mayBeKey = token === '{' || token === ',';
  }
  return null;
}
