/**
 * What applications ask of aggregate, each an object with `op`: `{ op: 'read' }`, `{ op: 'set', value }` and `{ op: 'unset' }`. A value that was set goes before those
 * of the settings, counts from the next epoch on, and is kept over updates and restarts. They can watch each epoch's result.
 */
import { asNumber, asObject, asWord, BadInput, field } from '../../sdk/index.ts';
import type { Json } from '../../sdk/index.ts';
import { MAX_VALUE } from './mass.ts';

type AppRequest = { readonly op: 'read' | 'unset' } | { readonly op: 'set'; readonly value: number };

export function parseAppRequest(body: Json): AppRequest {
  const request = asObject(body, 'a request');
  const op = asWord(field(request, 'op'), "a request's op", ['read', 'set', 'unset']);
  const known = op === 'set' ? ['op', 'value'] : ['op'];
  const unknown = Object.keys(request).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new BadInput(`'${unknown.slice(0, 64)}' is no field of ${op}; it takes ${known.join(', ')}`);
  return op === 'set' ? { op, value: parseValue(field(request, 'value'), 'value') } : { op };
}

/** One node's number. */
export function parseValue(value: Json | undefined, what: string): number {
  return asNumber(value, what, { min: -MAX_VALUE, max: MAX_VALUE });
}
