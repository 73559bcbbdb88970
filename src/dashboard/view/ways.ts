/** Who had a deployment from whom, laid out: from left to right by time, and from top to bottom so that whoever heard of one node is below it. */
import type { ArrivalEntry } from '../wire.ts';

export interface Place {
  readonly arrival: ArrivalEntry;
  /** From 0; no two are the same. */
  readonly row: number;
  /** Index of whom it had it from; null where an operator brought it, or nobody knows. */
  readonly parent: number | null;
}

/** Words of nodes may contradict each other: each node has one place all the same. */
export function waysOf(arrivals: Iterable<ArrivalEntry>): readonly Place[] {
  const all = [...arrivals].sort((a, b) => a.knownMs - b.knownMs || (a.node < b.node ? -1 : 1));
  const byNode = new Map(all.map((arrival) => [arrival.node, arrival]));
  const children = new Map<string, ArrivalEntry[]>();
  const roots: ArrivalEntry[] = [];
  for (const arrival of all) {
    if (arrival.from === null || !byNode.has(arrival.from)) roots.push(arrival);
    else children.set(arrival.from, [...(children.get(arrival.from) ?? []), arrival]);
  }
  const places: Place[] = [];
  const placed = new Set<string>();
  // Roots first; then those that only have it from each other.
  for (const root of [...roots, ...all]) {
    const open: { readonly arrival: ArrivalEntry; readonly parent: number | null }[] = [{ arrival: root, parent: null }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (placed.has(next.arrival.node)) continue;
      placed.add(next.arrival.node);
      const index = places.length;
      places.push({ ...next, row: index });
      for (const child of (children.get(next.arrival.node) ?? []).toReversed()) open.push({ arrival: child, parent: index });
    }
  }
  return places;
}

export interface WaysFrame {
  readonly width: number;
  readonly height: number;
  readonly endMs: number;
}

/** Lines from whom to whom, and the dots of those that know it, and of those that run it: a path each, however many nodes. */
export function wayPaths(
  places: readonly Place[],
  { width, height, endMs }: WaysFrame,
): { readonly lines: string; readonly known: string; readonly running: string } {
  const x = ({ arrival }: Place): string => ((arrival.knownMs / endMs) * width).toFixed(1);
  const y = ({ row }: Place): string => (((row + 0.5) / Math.max(1, places.length)) * height).toFixed(1);
  const parts = { lines: [] as string[], known: [] as string[], running: [] as string[] };
  for (const place of places) {
    const from = place.parent === null ? undefined : places[place.parent];
    if (from !== undefined) parts.lines.push(`M${x(from)} ${y(from)}L${x(place)} ${y(place)}`);
    (place.arrival.runningMs === null ? parts.known : parts.running).push(`M${x(place)} ${y(place)}h0`);
  }
  return { lines: parts.lines.join(''), known: parts.known.join(''), running: parts.running.join('') };
}

export interface PlacedName {
  readonly text: string;
  readonly x: string;
  readonly y: string;
  /** Left of its dot: it would reach over the edge. */
  readonly isLeft: boolean;
}

export function wayNames(places: readonly Place[], { width, height, endMs }: WaysFrame): readonly PlacedName[] {
  return places.map(({ arrival: { name, node, knownMs }, row }) => ({
    text: name || node.slice(0, 12),
    x: ((knownMs / endMs) * width).toFixed(1),
    y: (((row + 0.5) / places.length) * height).toFixed(1),
    isLeft: knownMs / endMs > 0.8,
  }));
}
