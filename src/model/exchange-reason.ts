/** What a module is told about an exchange that had no answer, and whose fault it was. */
import type { ExchangeError } from '../sdk/module.ts';
import { ANSWER_MS } from '../sdk/limits.ts';
import type { ErrorCode } from './errors.ts';

const REASONS: Partial<Record<ErrorCode, ExchangeError['reason']>> = {
  GOSSIP_E_MISMATCH: 'mismatch',
  GOSSIP_E_MODULE_ABSENT: 'absent',
  GOSSIP_E_STOPPING: 'absent',
  GOSSIP_E_UNREACHABLE: 'unreachable',
  GOSSIP_E_NOT_LISTENING: 'unreachable',
  GOSSIP_E_PROXY: 'unreachable',
  GOSSIP_E_IDENTITY: 'unreachable',
  GOSSIP_E_REVOKED: 'unreachable',
  GOSSIP_E_TIMEOUT: 'timeout',
  GOSSIP_E_MODULE_HUNG: 'timeout',
  GOSSIP_E_BUSY: 'refused',
  GOSSIP_E_RATE: 'refused',
  GOSSIP_E_TOO_LARGE: 'refused',
  GOSSIP_E_NOT_ADMITTED: 'refused',
  GOSSIP_E_ADDRESS: 'refused',
};

/** Everything else is a failure of the other side. */
export function exchangeReason(code: ErrorCode): ExchangeError['reason'] {
  return REASONS[code] ?? 'failed';
}

/** Whether a peer is `unreachable` because nobody listens there any more: `ExchangeError.gone`. */
export function isGone(code: ErrorCode): boolean {
  return code === 'GOSSIP_E_NOT_LISTENING';
}

/** Why a peer could not have its module answer, by the code in its 503. The words are ours: the peer's own are not repeated. */
const UNAVAILABLE: Partial<Record<ErrorCode, string>> = {
  GOSSIP_E_MODULE_ABSENT: 'the peer does not run the module now',
  GOSSIP_E_BUSY: 'the module is being replaced on the peer, or is behind with its messages there',
  GOSSIP_E_MODULE_ANSWER: 'receive() of the module on the peer threw, or answered what cannot be sent',
  GOSSIP_E_TIMEOUT: `receive() of the module on the peer did not answer within ${ANSWER_MS} ms`,
  GOSSIP_E_ADDRESS: 'the peer does not know yet where this node can be reached',
  GOSSIP_E_STOPPING: 'the peer is stopping',
  GOSSIP_E_MODULE_CRASH: 'the module on the peer ended while it answered',
  GOSSIP_E_MODULE_HUNG: 'the module on the peer hung, and was ended',
  GOSSIP_E_MODULE_MEMORY: 'the module on the peer used too much memory, and was ended',
  GOSSIP_E_MODULE_PROTOCOL: 'the module on the peer sent broken frames, and was ended',
};

export function unavailableText(code: ErrorCode): string {
  return UNAVAILABLE[code] ?? `the peer could not have its module answer (${code})`;
}

/** Whether a message that was delivered had no answer by the fault of a module that goes on; the end of an instance is told by itself. */
export function unansweredByModule(code: ErrorCode): boolean {
  return code === 'GOSSIP_E_MODULE_ANSWER' || code === 'GOSSIP_E_TIMEOUT' || code === 'GOSSIP_E_BUSY';
}

/**
 * Whether a failed call says nothing against the peer: one that refuses what is too large, or has no time, works; and where this node itself had
 * no connection free, the peer was not asked (law 10: whoever is slow doubts itself first).
 */
export function acquitsPeer(code: ErrorCode): boolean {
  return code === 'GOSSIP_E_TOO_LARGE' || code === 'GOSSIP_E_BUSY';
}
