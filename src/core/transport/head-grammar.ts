/** The few characters that heads of requests and answers are made of, in both directions (attacks C10, C11). */
const PATH = /^\/[A-Za-z0-9:._/-]{0,1000}$/;
const NAME = /^[A-Za-z0-9-]{1,64}$/;
const VALUE = /^[\t -~]*$/;

/** One spelling only: no query, no escapes, no host in front. */
export function isPlainPath(path: string): boolean {
  return PATH.test(path);
}

/** Printable ASCII: Node alone would let Latin-1 pass, with the terminal controls of its upper half. */
export function isPlainHeader(name: string, value: string): boolean {
  return NAME.test(name) && VALUE.test(value);
}
