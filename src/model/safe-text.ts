/**
 * Text from outside (peers, modules, files, arguments) at the edge to a terminal, a log or JSON: one line, well-formed Unicode, and nothing in it
 * that steers a terminal or turns the direction of text (attacks A16, C11, C12). The only place that decides this.
 */

/** Control and format characters, line separators, and halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
/** JSON escapes control characters below U+0020 itself, and its own line breaks must stay. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu;

/** As much of somebody's words as a message quotes. */
export const MAX_TOLD = 500;

/** One line that can be shown anywhere; what is longer than `maxLength` is cut at a whole character and ends with `…`. */
export function safeText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  const kept = cutText(text, maxLength);
  return `${kept.replace(UNSAFE, escaped)}${kept.length < text.length ? '…' : ''}`;
}

/** At most `maxLength` UTF-16 units, never half of a character. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxLength - 1 : maxLength);
}

/** JSON that every parser reads and no terminal obeys: its strings are well-formed, and what steers is written as an escape. */
export function safeJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, (_, each: unknown) => wellFormed(each), indent) ?? 'null';
  return json.replace(UNSAFE_IN_JSON, (character) => [...units(character)].map((unit) => `\\u${hex(unit)}`).join(''));
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (Object.keys(value).every((key) => key.isWellFormed())) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toWellFormed(), each]));
}

function escaped(character: string): string {
  if (character === '\t') return '\\t';
  const point = character.codePointAt(0) ?? 0;
  return point > 0xffff ? `\\u{${hex(point)}}` : `\\u${hex(point)}`;
}

function* units(character: string): Iterable<number> {
  for (let index = 0; index < character.length; index += 1) yield character.charCodeAt(index);
}

function hex(point: number): string {
  return point.toString(16).padStart(4, '0');
}
