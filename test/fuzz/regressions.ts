/** Inputs that once broke a promise, kept for ever: `regressions/NAME.json` is a list of them in base64. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DIRECTORY = new URL('./regressions/', import.meta.url);

export function regressionsOf(target: string): readonly Uint8Array[] {
  return textsOf(target).map((text) => Buffer.from(text, 'base64'));
}

/** Keeps an input; says in which file. */
export function keepRegression(target: string, input: Uint8Array): string {
  const text = Buffer.from(input).toString('base64');
  const path = pathOf(target);
  writeFileSync(path, `${JSON.stringify([...new Set([...textsOf(target), text])], null, 2)}\n`);
  return path;
}

/** The command that tries this one input again. */
export function replayCommand(target: string, input: Uint8Array): string {
  return `npm run fuzz -- --target ${target} --replay ${Buffer.from(input).toString('base64')}`;
}

function textsOf(target: string): readonly string[] {
  const path = pathOf(target);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as string[]) : [];
}

function pathOf(target: string): string {
  return fileURLToPath(new URL(`${target}.json`, DIRECTORY));
}
