/** Bounds of one instance. */
import type { ModuleJson } from '../../model/module-json.ts';
import { STEP_MS } from '../../sdk/limits.ts';
import { DEFAULT_LOG_LIMITS } from './process/log-capture.ts';
import { WATCH_DEFAULTS } from './process/watch.ts';

export interface HostLimits {
  /** JavaScript heap. Default: module.json's `limits.heapMb`. */
  readonly heapMb: number;
  /** Resident memory of the process. Default: module.json's `limits.residentMb`. */
  readonly residentMb: number;
  /** Lines of output that are kept. Default: module.json's `limits.logLinesPerSecond`. */
  readonly logLinesPerSecond: number;
  /** Bytes of output that are kept. Default 64 KiB. */
  readonly logBytesPerSecond: number;
  /** A step of its life (load, accept, activate) that takes longer has failed. Default 5,000. */
  readonly stepTimeoutMs: number;
  /** Silence after which the instance is hung. Default 5,000. */
  readonly hungAfterMs: number;
}

/** Those that its module.json sets, and for the rest the defaults; `instead` stands above both. */
export function hostLimits({ limits }: Pick<ModuleJson, 'limits'>, instead: Partial<HostLimits> = {}): HostLimits {
  return {
    ...limits,
    logBytesPerSecond: DEFAULT_LOG_LIMITS.bytesPerSecond,
    stepTimeoutMs: STEP_MS,
    hungAfterMs: WATCH_DEFAULTS.hungAfterMs,
    ...instead,
  };
}
