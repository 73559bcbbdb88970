/** Bounds of one instance. */
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
