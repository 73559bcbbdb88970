/** Numbers that stand for two deployments. */
import type { VerifiedDeployment } from '../model/deployment.ts';

/** Two records of one epoch and sequence: made in two partitions, or, where the whole number is one, by a misused key (attack B12). */
export interface Conflict {
  readonly a: VerifiedDeployment;
  readonly b: VerifiedDeployment;
}

/** Whether two payloads have one number; of two that were made in two partitions, time or origin differ. */
export function isSignedTwice({ a, b }: Conflict): boolean {
  const [one, other] = [a.deployment, b.deployment];
  const sameNumber = one.number.sequence === other.number.sequence && one.number.time === other.number.time;
  return a.hash !== b.hash && one.epoch === other.epoch && sameNumber && one.number.origin === other.number.origin;
}
