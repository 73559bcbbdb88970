/** How values of a node's flags name files, and how they are shown to people: a secret never is. */

type From = (path: string) => string;

export function path(text: string, from: From): string {
  return from(text);
}

export function pathOrNone(text: string, from: From): string {
  return text === 'none' ? text : from(text);
}

/** The path of a file of metrics; an address is none. */
export function pathOfMetrics(text: string, from: From): string {
  return text.endsWith('.prom') ? from(text) : text;
}

/** `@FILE`; any other text is the value itself. */
export function behindAt(text: string, from: From): string {
  return text.startsWith('@') ? `@${from(text.slice(1))}` : text;
}

/** `WHAT=FILE` */
export function behindEquals(text: string, from: From): string {
  const at = text.indexOf('=') + 1;
  return at === 0 || at === text.length ? text : text.slice(0, at) + from(text.slice(at));
}

/** `file:PATH` and `exec:PROGRAM`; names are none. */
export function behindKind(text: string, from: From): string {
  const [, kind, place] = /^(file|exec):(.+)$/s.exec(text) ?? [];
  return kind === undefined || place === undefined ? text : `${kind}:${from(place)}`;
}

export function duration(ms: string | number): string {
  return `${ms}ms`;
}

export function octal(mode: string | number): string {
  return Number(mode).toString(8);
}

/** A token is a secret; where it lies is none. */
export function withoutToken(value: string | number): string {
  const text = String(value);
  return text === '-' || text.startsWith('@') ? text : '(a join token)';
}

/** Proxies in one text: a comma before the beginning of a URL parts them, for a password may hold one. */
export function urlsIn(text: string): string[] {
  return text.split(/\s*,\s*(?=[a-z]+:\/\/)/i).map((url) => url.trim());
}

export function withoutPassword(value: string | number): string {
  return urlsIn(String(value)).map(oneWithoutPassword).join(',');
}

function oneWithoutPassword(text: string): string {
  if (text.startsWith('@') || text === 'env') return text;
  if (!URL.canParse(text)) return '(no URL)';
  const url = new URL(text);
  if (url.password !== '') url.password = '***';
  return url.href;
}
