/** The fields of a log's line, for people. */

/** ` module=membership ageMs=12`: each with a space in front; not yet safe for a terminal. */
export function fieldWords(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
}
