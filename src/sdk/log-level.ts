/** How much a line of a module's log matters, and how a line of text says so: as programs tell the journals of their systems, by `<4>` in front (sd-daemon(3)). */
export const LINE_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** How much a line of a log matters. */
export type LineLevel = (typeof LINE_LEVELS)[number];

/** By the digits of syslog (RFC 5424, 6.2.1). */
const OF_DIGIT: readonly LineLevel[] = ['error', 'error', 'error', 'error', 'warn', 'info', 'info', 'debug'];
const DIGITS = { debug: 7, info: 6, warn: 4, error: 3 } as const satisfies Record<LineLevel, number>;
const PREFIX = /^<([0-7])>/;

/** Whatever is no level is `info`: nobody's line is refused for it. */
export function lineLevel(word: unknown): LineLevel {
  return LINE_LEVELS.find((level) => level === word) ?? 'info';
}

/** Each line of a text with its level; `usual` is that of lines that say none. */
export function levelledText(text: string, level: LineLevel, usual: LineLevel): string {
  const lines = text.split('\n');
  return lines.map((line) => (level === usual && !PREFIX.test(line) ? line : `<${DIGITS[level]}>${line}`)).join('\n');
}

/** What a line says, and its level. */
export function levelledLine(line: string, usual: LineLevel): { readonly level: LineLevel; readonly text: string } {
  const digit = PREFIX.exec(line)?.[1];
  return digit === undefined ? { level: usual, text: line } : { level: OF_DIGIT[Number(digit)] ?? usual, text: line.slice(3) };
}
