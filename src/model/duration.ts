/** Durations as people write them: `200ms`, `5s`, `24h`. */
import { GossipError } from './errors.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const YEAR_MS = 365 * DAY_MS;
/** The longest that Node's timers take, 24 days; one that should wait longer fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: HOUR_MS, d: DAY_MS };
const FORM = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;
/** A hundred years: dates of that distance can still be written. */
export const MAX_DURATION_MS = 36_500 * DAY_MS;
const DECIMALS_BELOW_MS = 10_000;

/** Milliseconds of a text such as `1.5s`, at most `maxMs`; a unit is required. */
export function parseDuration(text: string, maxMs = MAX_DURATION_MS): number {
  const [, amount, unit] = FORM.exec(text) ?? [];
  const factor = UNITS_MS[unit ?? ''];
  if (amount === undefined || factor === undefined) {
    throw new GossipError('GOSSIP_E_USAGE', `'${text}' is not a duration`, {
      advice: 'Write a number and a unit: 200ms, 5s, 10m, 24h or 7d.',
    });
  }
  const ms = Math.round(Number(amount) * factor);
  if (ms <= maxMs) return ms;
  const most = formatDuration(maxMs);
  throw new GossipError('GOSSIP_E_USAGE', `'${text}' is longer than ${most}`, { advice: `Write at most ${most}.` });
}

/** The same between two bounds, in milliseconds. */
export function parseDurationWithin(text: string, { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }): number {
  const ms = parseDuration(text, maxMs);
  if (ms >= minMs) return ms;
  const least = formatDuration(minMs);
  throw new GossipError('GOSSIP_E_USAGE', `'${text}' is shorter than ${least}`, { advice: `Write at least ${least}.` });
}

/** The largest two units: `3d4h`, `2m5s`, `1.4s`, `90ms`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1_000) return `${whole}ms`;
  if (whole < DECIMALS_BELOW_MS) return `${(whole / 1_000).toFixed(1)}s`;
  const seconds = Math.round(whole / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return pair(seconds, 60, 'm', 1, 's');
  if (seconds < 86_400) return pair(seconds, 3_600, 'h', 60, 'm');
  return pair(seconds, 86_400, 'd', 3_600, 'h');
}

function pair(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)}${largeUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`;
}
