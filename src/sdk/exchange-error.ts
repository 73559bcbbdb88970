/** What a module hears of an exchange that failed. */

/** Why an exchange had no answer. `mismatch`: the peer runs another deployment; the core takes care of it. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly reason: 'mismatch' | 'absent' | 'unreachable' | 'timeout' | 'refused' | 'failed';
  /**
   * Of an `unreachable` peer: its machine says that nobody listens where the peer answered before, this node or another, so its process is gone. False also where the core
   * cannot tell, and undefined on nodes of version 0.1.
   */
  readonly gone: boolean;
  constructor(reason: ExchangeError['reason'], message: string, gone = false) {
    super(message);
    this.reason = reason;
    this.gone = gone;
  }
  /** A module carries its own copy of this class; errors of the core's copy are its instances all the same. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'ExchangeError';
  }
}
