/** What a node tells of its sources of addresses (`--join-from`): a part of its status. */
import * as v from 'valibot';
import type { Failure } from '../model/errors.ts';
import type { Address } from '../model/names.ts';
import { address } from '../model/forms.ts';
import { ageMs, count, failure, failureTold, text } from './status-parts.ts';

export interface SourceStatus {
  /** As it was given: `dns:NAME`, `srv:NAME`, `file:PATH` or `exec:PROGRAM`. */
  readonly source: string;
  /** How long ago it was asked last; null: not yet. What follows is of that time. */
  readonly askedMs: number | null;
  /** How many it gave, each once, 64 at most. */
  readonly addresses: number;
  /** Of these: where members are that the node knew to be alive; where one was met; where nobody was. The others were not called: enough were met. */
  readonly known: number;
  readonly met: number;
  readonly unmet: number;
  /** Some of the unmet, and why. */
  readonly failed: readonly (Failure & { readonly address: Address })[];
  /** Lines and records of the answer that are no addresses, in words; some of them. */
  readonly bad: readonly string[];
  /** Why it gave no answer. */
  readonly error: Failure | null;
}

/** Open. */
export const sourceSchema: v.GenericSchema<unknown, SourceStatus> = v.object({
  source: text,
  askedMs: v.nullable(ageMs),
  addresses: count,
  known: count,
  met: count,
  unmet: count,
  failed: v.pipe(v.array(v.object({ ...failureTold.entries, address })), v.maxLength(64)),
  bad: v.pipe(v.array(text), v.maxLength(64)),
  error: failure,
});
