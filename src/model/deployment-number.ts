/** Deployment numbers, and their order within one trust epoch (law 1). */
import type { NodeId } from './names.ts';

/** Bound of a sequence: far above any honest use, far below the loss of integer precision (attack A13). */
export const MAX_SEQUENCE = 2 ** 40;
/** Latest time a number may carry: the year 287396; times are milliseconds since 1970. */
export const MAX_TIME = 2 ** 53 - 1;

export interface DeploymentNumber {
  /** One more than the highest that was known in the cluster. */
  readonly sequence: number;
  /** When it was made, in milliseconds since 1970 by the operator's clock. Shown, and breaks ties; safety never depends on it (law 7). */
  readonly time: number;
  /** The node at which it entered the cluster. */
  readonly origin: NodeId;
}

/** Negative, zero or positive, as `a` is lower than, the same as or higher than `b`. */
export function compareNumbers(a: DeploymentNumber, b: DeploymentNumber): number {
  return a.sequence - b.sequence || a.time - b.time || compareText(a.origin, b.origin);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
