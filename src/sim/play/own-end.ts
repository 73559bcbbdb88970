/** What became of an author's module by the end of a run. */
import { shownText } from '../../sdk/border.ts';
import type { Json } from '../../sdk/index.ts';
import type { Cluster } from '../world/cluster.ts';
import type { SpreadPlan } from './plan.ts';

export interface OwnEnd {
  /** Instances that ended by themselves, from the beginning on. */
  readonly failures: number;
  /** Nodes on which it ran. */
  readonly running: number;
  /** What `inspect()` shows on most nodes, and on how many; null where it runs on none. */
  readonly shown: { readonly nodes: number; readonly view: Json } | null;
}

export function ownEnd({ modules }: SpreadPlan, cluster: Cluster, failures: number): OwnEnd | null {
  if (typeof modules === 'string') return null;
  const views = cluster.up.flatMap(({ hosts }) => hosts.filter(({ module }) => module === modules.name).map(({ host }) => viewOf(host)));
  const alike = [...Map.groupBy(views, (view) => JSON.stringify(view)).values()];
  const most = alike.toSorted((a, b) => b.length - a.length)[0];
  return { failures, running: views.length, shown: most === undefined ? null : { nodes: most.length, view: most[0] as Json } };
}

/** As an operator sees it. An author's `inspect()` may throw, and what it shows may be no JSON: that is shown then. */
function viewOf(host: { inspect: () => unknown }): Json {
  try {
    return JSON.parse(shownText(host.inspect())) as Json;
  } catch (error) {
    return `inspect() failed: ${String(error)}`;
  }
}
