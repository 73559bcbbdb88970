/** What a check of `gossip doctor` found. */
import { ERRORS, toGossipError } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';

export interface Finding {
  /** What was looked at, such as `rendezvous1` or `disk`. */
  readonly about: string;
  /** A problem keeps something from working; a warning will, or makes it weaker. */
  readonly level: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** What to do; null where all is well. */
  readonly remedy: string | null;
  /** Of docs/errors.md, where there is one. */
  readonly code: ErrorCode | null;
}

export function ok(about: string, message: string): Finding {
  return { about, level: 'ok', message, remedy: null, code: null };
}

export function warning(about: string, message: string, remedy: string, code: ErrorCode | null = null): Finding {
  return { about, level: 'warning', message, remedy, code };
}

export function problem(about: string, message: string, remedy: string, code: ErrorCode | null = null): Finding {
  return { about, level: 'problem', message, remedy, code };
}

/** Whatever was thrown, with the advice that belongs to it. */
export function failed(about: string, thrown: unknown, remedy?: string): Finding {
  const { code, message, advice } = toGossipError(thrown);
  return problem(about, message, remedy ?? advice ?? ERRORS[code].advice, code);
}
