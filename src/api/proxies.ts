/** What a node tells of the proxies that it may go out through: a part of its status. Their names and passwords are never told. */
import * as v from 'valibot';
import type { Failure } from '../model/errors.ts';
import { ageMs, failure, text } from './status-parts.ts';

export interface ProxyStatus {
  /** `host:port` */
  readonly proxy: string;
  /** How long it is not the first choice yet; 0: it is taken in its turn. */
  readonly restsMs: number;
  /** Why it opened no tunnel the last time; null where it did, or was not tried. */
  readonly error: Failure | null;
}

/** Open. */
export const proxySchema: v.GenericSchema<unknown, ProxyStatus> = v.object({ proxy: text, restsMs: ageMs, error: failure });
