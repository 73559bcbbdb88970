/** The total order of deployment numbers, written down a second time: the laws must not trust the order that they check. */
import type { VerifiedDeployment } from '../model/deployment.ts';
import type { ModuleName } from '../model/names.ts';

/** Of each module the highest deployment. */
export type Newest = Map<ModuleName, VerifiedDeployment>;

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

export function newestOf(records: readonly VerifiedDeployment[]): Newest {
  const newest: Newest = new Map();
  for (const record of records) {
    const best = newest.get(record.deployment.module);
    if (best === undefined || isLower(best, record)) newest.set(record.deployment.module, record);
  }
  return newest;
}

function keyOf({ hash, deployment: { epoch, number } }: VerifiedDeployment): Key {
  return [epoch, number.sequence, number.time, number.origin, hash];
}
