/** A module's state on its way to an operator: a line that says which instance gave it, then the state as it is carried, which is long and is not looked into. */
import * as v from 'valibot';
import type { StateBytes } from '../model/state-bytes.ts';
import { bytesOf, stateBytes } from '../model/state-bytes.ts';
import { contentHash } from '../model/forms.ts';
import type { ContentHash } from '../model/names.ts';
import { GossipError } from '../model/errors.ts';
import { MAX_STATE_BYTES } from '../sdk/limits.ts';
import { parseBody } from './body.ts';

export interface TakenState {
  /** Which the instance runs, such as `d3`. */
  readonly deployment: string;
  readonly code: ContentHash;
  readonly state: StateBytes;
}

const MAX_LABEL_BYTES = 1_024;
/** With its label, and the byte in front of bytes. */
export const MAX_STATE_ANSWER_BYTES = MAX_STATE_BYTES + MAX_LABEL_BYTES;
const NEWLINE = 0x0a;

/** Open, as all that is not signed; `bytes` tells what was cut off. */
const labelSchema = v.object({
  deployment: v.pipe(v.string(), v.regex(/^d\d{1,16}$/)),
  code: contentHash,
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

export function stateAnswer({ deployment, code, state }: TakenState): { readonly length: number; readonly parts: readonly Uint8Array[] } {
  const label = new TextEncoder().encode(`${JSON.stringify({ deployment, code, bytes: bytesOf(state) })}\n`);
  return { length: label.length + bytesOf(state), parts: [label, ...state] };
}

/** @throws GOSSIP_E_SCHEMA, GOSSIP_E_CANONICAL for what no node answers, GOSSIP_E_TOO_LARGE */
export function parseStateAnswer(body: Uint8Array): TakenState {
  const end = body.subarray(0, MAX_LABEL_BYTES).indexOf(NEWLINE);
  if (end === -1) throw new GossipError('GOSSIP_E_SCHEMA', 'a state without the line in front of it');
  const { deployment, code, bytes } = parseBody(labelSchema, body.subarray(0, end), 'state', { maxBytes: MAX_LABEL_BYTES, maxDepth: 2 });
  const state = [body.subarray(end + 1)];
  if (bytesOf(state) !== bytes) throw new GossipError('GOSSIP_E_SCHEMA', `a state of ${bytes} bytes, of which ${bytesOf(state)} came`);
  if (stateBytes(state) > MAX_STATE_BYTES)
    throw new GossipError('GOSSIP_E_TOO_LARGE', `a state of ${stateBytes(state)} bytes, ${MAX_STATE_BYTES} are allowed`);
  return { deployment, code, state };
}
