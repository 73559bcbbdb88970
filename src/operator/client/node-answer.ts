/** What a node answered: the body of a success, or the coded error that it named. */
import { ERRORS, GossipError, isErrorCode } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { parseJson } from '../../trust/canonical.ts';
import { describe } from './connection-error.ts';
import type { Named } from './connection-error.ts';

export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** The body of a success; a refusal becomes the coded error that the node named. */
export function accepted(node: Named, answer: Answer): Uint8Array {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const { code, message } = refusal(answer) ?? { code: '', message: `status ${answer.status}` };
  if (!isErrorCode(code)) throw new GossipError('GOSSIP_E_REQUEST', `${describe(node)}: ${message}`);
  // A node keeps what concerns its machine to itself, and sends the advice in its place: that is not said twice.
  const told = message === ERRORS[code].advice ? `${describe(node)} refused; its log says why` : `${describe(node)}: ${message}`;
  throw new GossipError(code, told);
}

export function refusal({ status, body }: Answer): { readonly code: string; readonly message: string } | null {
  if (status < 400) return null;
  try {
    const { code, message } = parseJson(body, { maxBytes: 64 * 1024, maxDepth: 4 }) as Record<string, unknown>;
    return { code: String(code), message: safeText(String(message), MAX_TOLD) };
  } catch {
    return null;
  }
}
