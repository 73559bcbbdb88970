/** How wide text is on a terminal: wide characters take two columns, combining ones none. */
import stringWidth from 'string-width';

export function textWidth(text: string): number {
  return stringWidth(text);
}

/** Filled with blanks up to `columns`. */
export function padText(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

/** As much of the begin as fits, at whole characters as a reader counts them. */
export function fitText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let fitted = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (textWidth(fitted + segment) > columns) break;
    fitted += segment;
  }
  return fitted;
}
