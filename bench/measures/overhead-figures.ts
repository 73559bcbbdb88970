/** What turns of exchanges and of plain requests cost, of the counters at their borders. */
import type { Figure, Outcome } from '../harness/figure.ts';
import { LEAST_FOR_P99, summarise } from '../harness/summary.ts';
import { BODY_BYTES, EVERY_MS, turnAt } from './turns.ts';
import type { Sample, Turn } from './turns.ts';

/** At the border of two turns. Bytes are null where nobody counts them. */
export interface Counters {
  readonly atMs: number;
  /** So much later they were read: on an overloaded machine in the middle of a turn. */
  readonly lateMs: number;
  readonly gossipMs: number;
  readonly plainMs: number;
  readonly gossipBytes: number | null;
  readonly plainBytes: number | null;
}

/** What the module that asks shows. */
export interface Pinged {
  readonly samples: readonly Sample[];
  readonly failed: number;
}

export interface Measured {
  readonly borders: readonly Counters[];
  readonly gossip: Pinged;
  readonly plain: readonly Sample[];
}

/** What one side took in one turn. */
interface Taken {
  readonly processorMs: number;
  readonly bytes: number | null;
}

/** Of one exchange or request, for each turn. */
interface Costs {
  readonly processorMs: readonly number[];
  readonly bytes: readonly number[];
}

type Latencies = Readonly<Record<'gossip' | 'plain', readonly number[]>>;

/** What was read later belongs to no turn, and is left out. */
const LATEST_MS = 50;
const GOALS = { p50: 1.3, p99: 1.5, bytes: 200 } as const;

export function overheadOf({ borders, gossip, plain }: Measured): Outcome {
  // What the nodes take while nobody talks is theirs, and not the exchange's.
  const quiet = turnsOf(borders, 'nothing').map(([from, to]) => taken('gossip', from, to));
  const own = { processorMs: middle(quiet.map(({ processorMs }) => processorMs)), bytes: middle(quiet.map(({ bytes }) => bytes ?? 0)) };
  const costs = {
    gossip: costsOf('gossip', borders, gossip.samples, own),
    plain: costsOf('plain', borders, plain, { processorMs: 0, bytes: 0 }),
  };
  const latencies = { gossip: within(gossip.samples, borders[0], borders.at(-1)), plain: within(plain, borders[0], borders.at(-1)) };
  return { figures: figures(latencies, costs), plots: [], remarks: [...remarks(borders, gossip.failed), ...fewRemark(latencies)] };
}

function turnsOf(borders: readonly Counters[], wanted: Turn): (readonly [from: Counters, to: Counters])[] {
  return borders.slice(1).flatMap((to, index) => {
    const from = borders[index] as Counters;
    const isWanted = turnAt(from.atMs, to.atMs - from.atMs) === wanted && from.lateMs <= LATEST_MS && to.lateMs <= LATEST_MS;
    return isWanted ? [[from, to] as const] : [];
  });
}

function taken(side: 'gossip' | 'plain', from: Counters, to: Counters): Taken {
  const [before, after] = [from[`${side}Bytes`], to[`${side}Bytes`]];
  return { processorMs: to[`${side}Ms`] - from[`${side}Ms`], bytes: before === null || after === null ? null : after - before };
}

function costsOf(
  side: 'gossip' | 'plain',
  borders: readonly Counters[],
  samples: readonly Sample[],
  own: { readonly processorMs: number; readonly bytes: number },
): Costs {
  const turns = turnsOf(borders, side).flatMap(([from, to]) => {
    const count = within(samples, from, to).length;
    return count === 0 ? [] : [{ count, ...taken(side, from, to) }];
  });
  return {
    processorMs: turns.map(({ count, processorMs }) => (processorMs - own.processorMs) / count),
    bytes: turns.flatMap(({ count, bytes }) => (bytes === null ? [] : [(bytes - own.bytes) / count])),
  };
}

function within(samples: readonly Sample[], from: Counters | undefined, to: Counters | undefined): number[] {
  if (from === undefined || to === undefined) return [];
  return samples.filter(([atMs]) => atMs >= from.atMs && atMs < to.atMs).map(([, tookMs]) => tookMs);
}

function figures(latencies: Latencies, costs: Readonly<Record<'gossip' | 'plain', Costs>>): Figure[] {
  const plain = (values: readonly number[]): { name: string; values: readonly number[] } => ({ name: 'plain HTTPS', values });
  const exchange = { unit: 'ms', values: latencies.gossip, baseline: plain(latencies.plain) } as const;
  const bare = middle(costs.plain.bytes);
  return [
    { ...exchange, name: 'an exchange, at the median', goal: { at: 'p50', most: GOALS.p50, of: 'baseline' }, headline: true },
    ...(hasP99(latencies)
      ? [{ ...exchange, name: 'an exchange, at the 99th percentile', goal: { at: 'p99', most: GOALS.p99, of: 'baseline' } } as const]
      : []),
    {
      name: 'processor time of an exchange, both sides',
      unit: 'ms',
      values: costs.gossip.processorMs,
      baseline: plain(costs.plain.processorMs),
    },
    { name: 'bytes of an exchange, both ways', unit: 'bytes', values: costs.gossip.bytes, baseline: plain(costs.plain.bytes) },
    {
      name: 'bytes that the cores add to an exchange',
      unit: 'bytes',
      values: costs.plain.bytes.length === 0 ? [] : costs.gossip.bytes.map((value) => value - bare),
      goal: { at: 'p50', most: GOALS.bytes },
      headline: true,
    },
  ];
}

function fewRemark(latencies: Latencies): string[] {
  if (hasP99(latencies)) return [];
  return [
    `No 99th percentile is told of ${latencies.gossip.length} exchanges and ${latencies.plain.length} requests: it wants ${LEAST_FOR_P99} of each.`,
  ];
}

/** Of both sides: else its row would show nothing that the one before it does not. */
function hasP99({ gossip, plain }: Latencies): boolean {
  return Math.min(gossip.length, plain.length) >= LEAST_FOR_P99;
}

/** The median; 0 of nothing. */
function middle(values: readonly number[]): number {
  return summarise(values)?.p50 ?? 0;
}

function remarks(borders: readonly Counters[], failed: number): string[] {
  const late = borders.filter(({ lateMs }) => lateMs > LATEST_MS).length;
  return [
    `Messages of ${BODY_BYTES} bytes, answers of as many, one after the other, one each ${EVERY_MS} ms at most; kept connections on both sides.`,
    ...(failed > 0 ? [`${failed} exchanges had no answer.`] : []),
    ...(late > 0
      ? [`Counters were read late at ${late} of ${borders.length} borders; the turns beside these count for latency alone.`]
      : []),
    ...(borders.some(({ gossipBytes }) => gossipBytes === null) ? ["Bytes were not counted: 'ss' is not to be had here."] : []),
  ];
}
