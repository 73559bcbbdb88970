/** Whole numbers as people write them, within bounds. */
import { GossipError } from './errors.ts';

const FORM = /^-?\d{1,30}$/;

export interface CountBounds {
  readonly min?: number;
  /** Default: the largest number that is still exact. */
  readonly max?: number;
}

export function parseCount(text: string, { min = 0, max = Number.MAX_SAFE_INTEGER }: CountBounds = {}): number {
  if (!FORM.test(text)) throw new GossipError('GOSSIP_E_USAGE', `'${text}' is not a whole number`, { advice: rangeText(min, max) });
  const count = Number(text);
  if (count < min) throw new GossipError('GOSSIP_E_USAGE', `${text} is less than ${min}`, { advice: rangeText(min, max) });
  if (count > max) throw new GossipError('GOSSIP_E_USAGE', `${text} is more than ${max}`, { advice: rangeText(min, max) });
  return count;
}

function rangeText(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? `Write a whole number of at least ${min}.` : `Write a whole number from ${min} to ${max}.`;
}
