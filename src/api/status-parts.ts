/** What the parts of a node's status are made of. */
import * as v from 'valibot';
import { MAX_SEQUENCE, MAX_TIME } from '../model/deployment-number.ts';
import { isErrorCode } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';
import { nodeId } from '../model/forms.ts';
import { cutText } from '../model/safe-text.ts';

/** Cut rather than refused: one module that complains at length must not hide its node. */
export const text = v.pipe(
  v.string(),
  v.transform((input) => cutText(input, 4_096).toWellFormed()),
);
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const ageMs = v.pipe(v.number(), v.finite(), v.minValue(0));
export const number = v.object({
  sequence: v.pipe(count, v.maxValue(MAX_SEQUENCE)),
  time: v.pipe(count, v.maxValue(MAX_TIME)),
  origin: nodeId,
});

/** A code of a newer version of the program is shown as an internal one rather than refused. */
const code = v.pipe(
  text,
  v.transform((input): ErrorCode => (isErrorCode(input) ? input : 'GOSSIP_E_INTERNAL')),
);
export const failureTold = v.object({ code, message: text });
export const failure = v.nullable(failureTold);
