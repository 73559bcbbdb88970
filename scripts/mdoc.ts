/** Text in mdoc(7), the language of man pages: what must be escaped, and how lines are broken. */

const MAX_LINE = 76;

/** Words as an argument of a macro: none of them is taken for a macro itself, none for a quote. */
export function argument(text: string): string {
  return escape(text)
    .split(' ')
    .map((word) => (/^[A-Z][a-z0-9]$/.test(word) ? `\\&${word}` : word))
    .join(' ')
    .replaceAll('"', '\\(dq');
}

/** Running text: a sentence begins a line of its own, lines are short, and none begins with a control character. */
export function prose(text: string): string[] {
  return text
    .trim()
    .split(/\n{2,}/)
    .flatMap((paragraph, index) => [...(index > 0 ? ['.Pp'] : []), ...sentences(paragraph).flatMap(wrap)]);
}

/** Lines to be shown as they are. */
export function literal(lines: readonly string[]): string[] {
  return ['.Bd -literal -offset indent', ...lines.map((line) => guard(escape(line))), '.Ed'];
}

function sentences(paragraph: string): string[] {
  return paragraph.replaceAll(/\s+/g, ' ').split(/(?<=[.!?]\)?) (?=\S)/);
}

function wrap(sentence: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of escape(sentence).split(' ')) {
    if (line !== '' && line.length + word.length >= MAX_LINE) {
      lines.push(guard(line));
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, guard(line)];
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('()', '\\&()').replaceAll('…', '...').replaceAll('→', '\\(->').replaceAll('–', '\\(en');
}

/** A line that begins with a dot or an apostrophe would be a request. */
function guard(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
