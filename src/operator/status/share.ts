/** What a sample says of all: a share with the interval in which the share of all nodes lies. */

/** How sure the interval is, in JSON and in words. */
export const CONFIDENCE = 0.95;
/** So many standard deviations of the normal distribution hold that much. */
const DEVIATIONS = 1.959963984540054;

export interface Share {
  /** From 0 to 1, all three. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The interval of E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference": it holds for shares near 0 and 1, too, and says of
 * nothing found among n that there may be some. That a sample of a finite cluster is surer is left out: the interval is rather too wide.
 */
export function wilson(count: number, of: number): Share {
  if (of <= 0) return { share: 0, low: 0, high: 1 };
  const share = count / of;
  const square = DEVIATIONS ** 2;
  const middle = share + square / (2 * of);
  const half = DEVIATIONS * Math.sqrt((share * (1 - share)) / of + square / (4 * of ** 2));
  const whole = 1 + square / of;
  const [low, high] = [(middle - half) / whole, (middle + half) / whole];
  return { share, low: count === 0 ? 0 : Math.max(0, low), high: count === of ? 1 : Math.min(1, high) };
}

/** `87 % (83-91 %)`, with a decimal where it matters */
export function shareText({ share, low, high }: Share): string {
  return `${percent(share)} % (${percent(low)}-${percent(high)} %)`;
}

function percent(share: number): string {
  const value = 100 * share;
  const isNearEnd = (value > 0 && value < 10) || (value > 90 && value < 100);
  return isNearEnd ? String(Number(value.toFixed(1))) : value.toFixed(0);
}
