/** What a module is told about an exchange that had no answer. */
import type { ExchangeError } from '../sdk/module.ts';
import type { ErrorCode } from './errors.ts';

const REASONS: Partial<Record<ErrorCode, ExchangeError['reason']>> = {
  GOSSIP_E_MISMATCH: 'mismatch',
  GOSSIP_E_MODULE_ABSENT: 'absent',
  GOSSIP_E_STOPPING: 'absent',
  GOSSIP_E_UNREACHABLE: 'unreachable',
  GOSSIP_E_PROXY: 'unreachable',
  GOSSIP_E_IDENTITY: 'unreachable',
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
