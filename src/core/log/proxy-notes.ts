/** Proxies in the log: one that fails, and one that works again. */
import type { Failure } from '../../model/errors.ts';
import type { Logger } from './log.ts';

export function proxyNotes(log: Pick<Logger, 'info' | 'warn'>): (proxy: string, error: Failure | null) => void {
  return (proxy, error) => {
    if (error === null) log.info({ proxy }, 'the proxy works again');
    else log.warn({ proxy, code: error.code, error: error.message }, 'the proxy does not work: another one is taken where there is one');
  };
}
