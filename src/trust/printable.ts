/** Text from outside as it may stand in a message: one line of plain ASCII, bounded (attack C11). */
const MAX_LENGTH = 200;

export function printable(text: string): string {
  const escaped = text
    .slice(0, MAX_LENGTH)
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return text.length > MAX_LENGTH ? `${escaped}…` : escaped;
}
