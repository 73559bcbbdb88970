/** What of JSON that commands printed its published schema does not allow. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Validator } from '@cfworker/json-schema';
import type { Schema } from '@cfworker/json-schema';

const DIRECTORY = new URL('../../docs/schemas/', import.meta.url);
/** Of the words of a command. */
const MOST_WORDS = 3;
/** Faults that are told; a union tells those of all its parts. */
const MOST_TOLD = 20;

const validators = new Map<string, Validator>();

/** Empty where it is valid. `name`: of a file in docs/schemas, such as `status` or `logs.line`. */
export function faultsOf(value: unknown, name: string): readonly string[] {
  // As it is read by whoever gets it.
  const printed: unknown = JSON.parse(JSON.stringify(value));
  return validatorOf(name)
    .validate(printed)
    .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

/** @throws an error that says what of the JSON of `gossip ARGS` its schema does not allow */
export function requireValid(args: readonly string[], printed: unknown): void {
  const name = schemaOf(args, '') ?? 'error';
  tell(args, name, faultsOf(printed, name));
}

/** The same of the lines of a command that prints many; what comes behind the last line break was broken off. */
export function requireValidLines(args: readonly string[], stdout: string): void {
  const name = schemaOf(args, '.line');
  if (name === null) return;
  for (const line of stdout.split('\n').slice(0, -1)) tell(args, name, faultsOf(JSON.parse(line), name));
}

/** Whether it prints lines of JSON, and no other JSON but that of an error. */
export function printsLines(args: readonly string[]): boolean {
  return schemaOf(args, '.line') !== null && (schemaOf(args, '') === null || args.includes('--watch'));
}

function tell(args: readonly string[], name: string, faults: readonly string[]): void {
  if (faults.length === 0) return;
  const told = faults.slice(-MOST_TOLD).join('\n');
  throw new Error(`gossip ${args.join(' ')} printed JSON that docs/schemas/${name}.schema.json does not allow:\n${told}`);
}

/** Null where there is none. */
function schemaOf(args: readonly string[], kind: '' | '.line'): string | null {
  const words = args.slice(0, MOST_WORDS + 1);
  for (let count = words.length; count > 0; count -= 1) {
    const name = `${words.slice(0, count).join('-')}${kind}`;
    if (/^[a-z.-]+$/.test(name) && existsSync(pathOf(name))) return name;
  }
  return null;
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`${name}.schema.json`, DIRECTORY));
}

function validatorOf(name: string): Validator {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const made = new Validator(closed(JSON.parse(readFileSync(pathOf(name), 'utf8'))) as Schema, '2020-12', false);
  validators.set(name, made);
  return made;
}

/** Readers pass over what they do not know; here a field that is printed and not described is a fault. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const all = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isClosable = typeof all['properties'] === 'object' && all['type'] === 'object' && all['additionalProperties'] === undefined;
  return isClosable ? { ...all, additionalProperties: false } : all;
}
