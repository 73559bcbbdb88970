/** Values from outside have the form of their schema, and no field of a name that JavaScript gives a meaning (attack C2). */
import * as v from 'valibot';
import { GossipError } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';
import { issueWords } from '../model/issue-text.ts';
import { MAX_TOLD, safeText } from '../model/safe-text.ts';

/** `valibot` leaves these out of a record without a word, and never sees those that lie deeper in free values such as settings. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Deeper than any form of this product. */
const MAX_DEPTH = 32;

/** Decides the code of a refusal from where in the value it was found (`number.sequence`). */
export type CodeOf = (path: string) => ErrorCode;

/** The value as its schema describes it; `what` names it in errors. */
export function parseForm<const Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  what: string,
  codeOf: CodeOf = () => 'GOSSIP_E_SCHEMA',
): v.InferOutput<Schema> {
  refuseReserved(value, what, MAX_DEPTH);
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const path = v.getDotPath(result.issues[0]) ?? '';
  const where = path === '' ? what : `${what}: ${safeText(path, MAX_TOLD)}`;
  throw new GossipError(codeOf(path), `${where}: ${safeText(issueWords(result.issues[0]), MAX_TOLD)}`);
}

function refuseReserved(value: unknown, what: string, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw new GossipError('GOSSIP_E_SCHEMA', `${what}: nested too deep`);
  if (Array.isArray(value)) {
    for (const each of value) refuseReserved(each, what, depth - 1);
    return;
  }
  for (const key of Object.keys(value)) {
    if (RESERVED.has(key)) throw new GossipError('GOSSIP_E_SCHEMA', `${what}: '${key}' is not allowed as a field`);
    refuseReserved((value as Record<string, unknown>)[key], what, depth - 1);
  }
}
