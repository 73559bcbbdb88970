/** The values of a flag that may be repeated, where several stand in one text. */
export function partsOf(text: string, between: ',' | '\n'): string[] {
  const parts = text.split(between).map((part) => part.trim());
  // A text of lines may begin and end with an empty one.
  return between === ',' ? parts : parts.filter((part) => part !== '');
}
