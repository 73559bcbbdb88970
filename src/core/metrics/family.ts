/** One family of metrics: what it is called, what it means, and how its values are read from what the node knows. */
import type { Durations } from '../../model/durations.ts';
import type { Reading } from './reading.ts';

export type Labels = Readonly<Record<string, string>>;

/** `suffix`: of the parts of histograms and summaries. */
export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** Names of its labels; each has few values, whatever the cluster does. */
  readonly labels: readonly string[];
  /** One sentence without a full stop, with the unit's meaning where the name alone does not say it. */
  readonly help: string;
  readonly read: (reading: Reading) => readonly Sample[];
}

/** A family without labels; what is null is not told. */
export function single(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  read: (reading: Reading) => number | boolean | null | undefined,
): Family {
  return {
    name,
    type,
    labels: [],
    help,
    read: (reading) => {
      const value = read(reading);
      return value === null || value === undefined ? [] : [{ value: Number(value) }];
    },
  };
}

/** A histogram in seconds, as the text formats want it: each class counts those below it too. */
export function histogramOf(durations: Durations, labels: Labels = {}): Sample[] {
  let below = 0;
  const buckets = durations.counts.map((count, place): Sample => {
    below += count;
    const bound = durations.boundsMs[place];
    return { suffix: '_bucket', labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound / 1_000) }, value: below };
  });
  return [...buckets, { suffix: '_sum', labels, value: durations.sumMs / 1_000 }, { suffix: '_count', labels, value: below }];
}

/** 1 where it holds, 0 where it does not: all of a closed list are always told. */
export function oneOf<Value extends string>(label: string, values: readonly Value[], holds: (value: Value) => boolean): Sample[] {
  return values.map((value) => ({ labels: { [label]: value }, value: Number(holds(value)) }));
}
