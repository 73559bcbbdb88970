/** The total order of deployment numbers, and which of them count, written down a second time: the laws must not trust the order that they check. */
import type { Envelope, VerifiedDeployment } from '../../model/deployment.ts';
import type { ModuleName } from '../../model/names.ts';

/** Of each module the highest deployment. */
export type Newest = Map<ModuleName, VerifiedDeployment>;

type Key = readonly [trustEpoch: number, sequence: number, time: number, origin: string, hash: string];

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

/** Those whose number does not leap: below it no stretch of 2^24 numbers is without a record, the 256th being the rest. */
export function counting(records: readonly VerifiedDeployment[]): readonly VerifiedDeployment[] {
  const stretch = ({ deployment }: VerifiedDeployment): number => Math.min(deployment.number.sequence, 0xff_ff_ff_ff) >>> 24;
  const used = new Set(records.map(stretch));
  const isWhole = (below: number): boolean => Array.from({ length: below }, (_, each) => each).every((each) => used.has(each));
  return records.filter((record) => isWhole(stretch(record)));
}

export function newestOf(records: readonly VerifiedDeployment[]): Newest {
  const newest: Newest = new Map();
  for (const record of counting(records)) {
    const best = newest.get(record.deployment.module);
    if (best === undefined || isLower(best, record)) newest.set(record.deployment.module, record);
  }
  return newest;
}

function keyOf({ hash, deployment: { epoch: trustEpoch, number } }: VerifiedDeployment): Key {
  return [trustEpoch, number.sequence, number.time, number.origin, hash];
}

/** The trust epoch that these steps of the root lead to, from the first on. */
export function epochAfter(steps: readonly Envelope[]): number {
  const last = steps.at(-1);
  if (last === undefined) return 1;
  return (JSON.parse(Buffer.from(last.payload, 'base64').toString()) as { epoch: number }).epoch;
}
