/** Which records of a module are kept: maxima over the order of deployments, so that merging is a union. */
import type { VerifiedDeployment } from '../model/deployment.ts';
import { stretchOf } from '../model/stretch.ts';

/** Records kept of each module, besides the one that opened the present state epoch. */
export const KEPT_RECORDS = 64;

/** Whether state from before the record may never be loaded again: a scrub, or a removal, whose state is thrown away too. */
export function opensStateEpoch(record: VerifiedDeployment): boolean {
  return record.deployment.scrub || record.deployment.code === null;
}

/** What is kept of a module's records, given newest first: of each stretch by itself, so that records that leap displace no others. */
export function keep(sorted: readonly VerifiedDeployment[]): VerifiedDeployment[] {
  const byStretch = Map.groupBy(sorted, ({ deployment }) => stretchOf(deployment.number.sequence));
  return [...byStretch.values()].flatMap(keepOfStretch);
}

function keepOfStretch(sorted: readonly VerifiedDeployment[]): VerifiedDeployment[] {
  const kept = sorted.slice(0, KEPT_RECORDS);
  const scrub = sorted.find(opensStateEpoch);
  return scrub === undefined || kept.includes(scrub) ? kept : [...kept, scrub];
}
