/** What of a value its published JSON Schema does not allow. */
import { readFileSync } from 'node:fs';
import { Validator } from '@cfworker/json-schema';
import type { Schema } from '@cfworker/json-schema';

/** Empty where it is valid. `name`: of a file in docs/schemas. */
export function faultsOf(value: unknown, name: 'status' | 'rollout'): readonly string[] {
  const text = readFileSync(new URL(`../../docs/schemas/${name}.schema.json`, import.meta.url), 'utf8');
  // As it is read by whoever gets it.
  const printed: unknown = JSON.parse(JSON.stringify(value));
  const { errors } = new Validator(JSON.parse(text) as Schema, '2020-12', false).validate(printed);
  return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}
