/** The total order of deployment numbers, written down a second time: the laws must not trust the order that they check. */
import type { VerifiedDeployment } from '../model/deployment.ts';

type Key = readonly [epoch: number, sequence: number, time: number, origin: string, hash: string];

/** Whether `a` is a lower deployment than `b`. */
export function isLower(a: VerifiedDeployment, b: VerifiedDeployment): boolean {
  const [x, y] = [keyOf(a), keyOf(b)];
  const place = x.findIndex((part, index) => part !== y[index]);
  return place !== -1 && (x[place] as string | number) < (y[place] as string | number);
}

export function highest(records: readonly VerifiedDeployment[]): VerifiedDeployment | undefined {
  return records.reduce<VerifiedDeployment | undefined>(
    (best, record) => (best === undefined || isLower(best, record) ? record : best),
    undefined,
  );
}

function keyOf({ hash, deployment: { epoch, number } }: VerifiedDeployment): Key {
  return [epoch, number.sequence, number.time, number.origin, hash];
}
