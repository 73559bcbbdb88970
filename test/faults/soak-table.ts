/** What came of a soak, as a table of its nodes: what each took of the system, and how steeply that grew. */
import { slopeOf } from './slope.ts';
import type { Soak } from './soak.ts';
import type { Sample } from './soak-samples.ts';

const MIB = 1024 ** 2;
const HOUR_MS = 3_600_000;
/** A core fills its heap and its caches first: that part of a soak is left out of slopes, but never more than half an hour. */
const WARM_UP = { share: 0.25, mostMs: HOUR_MS / 2 };
/** What a garbage collector does within minutes is no growth. */
const MEANINGFUL_MS = HOUR_MS;
const GOAL_MIB_PER_HOUR = 1;
const GOAL_DESCRIPTORS_PER_HOUR = 1;

/** How one node did. */
export interface Growth {
  readonly name: string;
  readonly restarts: number;
  /** Whether its core lived from the beginning to the end: only then a slope is that of one process. */
  readonly isSteady: boolean;
  readonly coreMib: Range;
  readonly hostMib: Range;
  readonly descriptors: Range;
  readonly mibPerHour: number;
  readonly descriptorsPerHour: number;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

export function growthsOf({ samples, restarts, mortal }: Soak): Growth[] {
  const byName = [...samples.ofNode].toSorted(([a], [b]) => a.localeCompare(b));
  return byName.map(([name, all]) => {
    const warm = afterWarmUp(all);
    const slope = (of: (sample: Sample) => number): number => slopeOf(warm.map((sample) => ({ x: sample.atMs / HOUR_MS, y: of(sample) })));
    const range = (of: (sample: Sample) => number): Range => ({ min: Math.min(...all.map(of)), max: Math.max(...all.map(of)) });
    return {
      name,
      restarts: restarts.get(name) ?? 0,
      isSteady: !mortal.includes(name),
      coreMib: range(({ coreBytes }) => coreBytes / MIB),
      hostMib: range(({ hostBytes }) => hostBytes / MIB),
      descriptors: range(({ descriptors }) => descriptors),
      mibPerHour: slope(({ coreBytes }) => coreBytes / MIB),
      descriptorsPerHour: slope(({ descriptors }) => descriptors),
    };
  });
}

function afterWarmUp(all: readonly Sample[]): readonly Sample[] {
  const [begin, end] = [all[0]?.atMs ?? 0, all.at(-1)?.atMs ?? 0];
  const warmMs = begin + Math.min(WARM_UP.mostMs, WARM_UP.share * (end - begin));
  return all.filter(({ atMs }) => atMs >= warmMs);
}

/** How long the slopes are measured for. */
function measuredMs({ samples }: Soak): number {
  return Math.max(
    0,
    ...[...samples.ofNode.values()].map((all) => {
      const warm = afterWarmUp(all);
      return (warm.at(-1)?.atMs ?? 0) - (warm[0]?.atMs ?? 0);
    }),
  );
}

export function isMeaningful(soak: Soak): boolean {
  return measuredMs(soak) >= MEANINGFUL_MS;
}

export function formatSoak(soak: Soak): string {
  const growths = growthsOf(soak);
  const rows = growths.map(({ name, restarts, isSteady, coreMib, hostMib, descriptors, mibPerHour, descriptorsPerHour }) => [
    name,
    String(restarts),
    `${text(coreMib.min)} – ${text(coreMib.max)}`,
    isSteady ? text(mibPerHour) : '-',
    `${text(hostMib.min)} – ${text(hostMib.max)}`,
    `${descriptors.min} – ${descriptors.max}`,
    isSteady ? text(descriptorsPerHour) : '-',
  ]);
  const head = ['node', 'restarts', 'core MiB', 'MiB/h', 'hosts MiB', 'descriptors', '1/h'];
  const faults = [...soak.healed].map(([name, times]) => `${times} × ${name}`);
  return [...aligned([head, ...rows]), '', `survived: ${faults.join(', ')}`, verdict(soak, growths)].join('\n');
}

function verdict(soak: Soak, growths: readonly Growth[]): string {
  const steady = growths.filter(({ isSteady }) => isSteady);
  const mib = Math.max(...steady.map(({ mibPerHour }) => mibPerHour));
  const descriptors = Math.max(...steady.map(({ descriptorsPerHour }) => descriptorsPerHour));
  const found = `steepest of the cores that were never restarted: ${text(mib)} MiB/h, ${text(descriptors)} descriptors/h`;
  if (!isMeaningful(soak)) return `${found}; measured for ${text(measuredMs(soak) / 60_000)} min, which is too short to mean anything`;
  const isMet = mib <= GOAL_MIB_PER_HOUR && descriptors <= GOAL_DESCRIPTORS_PER_HOUR;
  return `${found} (goal ${GOAL_MIB_PER_HOUR} and ${GOAL_DESCRIPTORS_PER_HOUR}: ${isMet ? 'met' : 'MISSED'})`;
}

function text(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(1);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
