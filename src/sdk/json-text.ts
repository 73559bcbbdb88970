/** Reading JSON text: the one place that all who read what others wrote go through. */

/**
 * The value in `text`. Throws a `SyntaxError` for what is no JSON, and for a number that no double can hold: `JSON.parse` makes
 * Infinity of `1e400`, which RFC 8259 section 6 does not permit and RFC 8785 section 3.2.2.3 says to refuse. It would pass for a
 * number here, and be `null` wherever it is written again.
 */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (holdsInfinity(value)) throw new SyntaxError('a number is past all bounds');
  return value;
}

/** Without recursion: JSON may be nested deeper than the stack. */
function holdsInfinity(value: unknown): boolean {
  const ahead = [value];
  while (ahead.length > 0) {
    const next = ahead.pop();
    if (next === Infinity || next === -Infinity) return true;
    if (typeof next === 'object' && next !== null) for (const each of Object.values(next) as unknown[]) ahead.push(each);
  }
  return false;
}
