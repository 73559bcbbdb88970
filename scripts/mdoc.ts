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

export interface PageHead {
  readonly name: string;
  /** Its section: 1 for commands, 5 for files, 7 for the rest. */
  readonly manual: 1 | 5 | 7;
  /** One line without a full stop. */
  readonly summary: string;
  /** The date as man pages write it. */
  readonly released: string;
}

export function page({ name, manual, summary, released }: PageHead, body: readonly string[]): string {
  const head = [`.Dd ${released}`, `.Dt ${name.toUpperCase()} ${manual}`, '.Os', '.Sh NAME', `.Nm ${name}`, `.Nd ${argument(summary)}`];
  return `${[...head, ...body].join('\n')}\n`;
}

/** Text, lines to be shown as they are, or terms with what they mean; a term may begin with a macro. */
export type Block = string | { readonly lines: readonly string[] } | { readonly terms: readonly (readonly [term: string, text: string])[] };

/** A section with its blocks; without any, nothing. */
export function section(title: string, ...blocks: readonly Block[]): string[] {
  if (blocks.length === 0) return [];
  return [`.Sh ${title}`, ...blocks.flatMap((block, at) => [...(at > 0 && typeof block === 'string' ? ['.Pp'] : []), ...linesOf(block)])];
}

/** Pages by section and name, as mdoc(7) wants them in their order: `gossip 1`. */
export function seeAlso(...pages: readonly string[]): string[] {
  return ['.Sh SEE ALSO', ...pages.map((each, at) => `.Xr ${each}${at < pages.length - 1 ? ' ,' : ''}`)];
}

function linesOf(block: Block): string[] {
  if (typeof block === 'string') return prose(block);
  if ('lines' in block) return literal(block.lines);
  return ['.Bl -tag -width Ds', ...block.terms.flatMap(([term, text]) => [`.It ${term}`, ...prose(text)]), '.El'];
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
