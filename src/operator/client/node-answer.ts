/** What a node answered: the body of a success, or the coded error that it named. */
import { parseRefusal } from '../../api/refusal.ts';
import { ERRORS, GossipError } from '../../model/errors.ts';
import { connectionError, describe } from './connection-error.ts';
import type { Named } from './connection-error.ts';

export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** The body of a success; a refusal becomes the coded error that the node named. */
export function accepted(node: Named, answer: Answer, advice?: string): Uint8Array {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const { code, message } = parseRefusal(answer);
  // A node keeps what concerns its machine to itself, and sends the advice in its place: that is not said twice.
  const told = message === ERRORS[code].advice ? `${describe(node)} refused; its log says why` : `${describe(node)}: ${message}`;
  throw new GossipError(code, told, advice === undefined ? {} : { advice });
}

/** What a body says; when it cannot be read, whose it is. */
export function understood<Value>(node: Named, body: Uint8Array, parse: (body: Uint8Array) => Value): Value {
  try {
    return parse(body);
  } catch (thrown) {
    throw connectionError(thrown, node);
  }
}
