/** JSON bodies: how they are written, and how one from outside is read within its limits, into the form of its schema. */
import type * as v from 'valibot';
import { parseJson } from '../trust/canonical.ts';
import type { ParseLimits } from '../trust/canonical.ts';
import { parseForm } from '../trust/form.ts';

const encoder = new TextEncoder();

export function jsonBody(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** `what` names it in errors. */
export function parseBody<const Schema extends v.GenericSchema>(
  schema: Schema,
  body: Uint8Array,
  what: string,
  limits: ParseLimits,
): v.InferOutput<Schema> {
  return parseForm(schema, parseJson(body, limits), what, () => 'GOSSIP_E_REQUEST');
}
