/** Text of a peer, safe to log and to send on: no control, format or line-breaking character survives (attack C11). */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const MAX_LENGTH = 500;

export function printable(text: string): string {
  return text.slice(0, MAX_LENGTH).replace(UNSAFE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
