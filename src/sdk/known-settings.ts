/** Refuses settings that nobody reads: a misspelt one would be accepted, and never noticed. */
import type { JsonObject } from './json.ts';
import { nearest } from './nearest.ts';
import { BadInput } from './parse.ts';

/** Throws where `settings` has a name that is not among the `known`, and says which was meant. */
export function knownSettings(settings: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(settings).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = nearest(
    unknown.toLowerCase(),
    known.map((name) => name.toLowerCase()),
  );
  const suggestion = known.find((name) => name.toLowerCase() === meant);
  const hint = suggestion === undefined ? '' : `, perhaps '${suggestion}' is meant`;
  throw new BadInput(`settings.${unknown.slice(0, 64)} is not a setting of this module${hint}; it knows ${known.join(', ')}`);
}
