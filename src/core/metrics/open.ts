/** Loads and opens the metrics of a node where they are wanted; elsewhere nothing of them is loaded. */
import type { NodeAudience } from '../audience.ts';
import type { Metrics, MetricsParts } from './metrics.ts';
import type { MetricsWish } from './wish.ts';

/** Null: not wanted. Rejects with a coded error where the address cannot be had. */
export async function openMetrics(wish: MetricsWish | undefined, parts: MetricsParts): Promise<Metrics | null> {
  if (wish === undefined) return null;
  const loaded = await import('./metrics.ts');
  return loaded.Metrics.open(wish, parts);
}

/** Whoever hears what the node notes, and the metrics beside them. */
export function audienceOf(audience: NodeAudience, metrics: Metrics | null): NodeAudience {
  if (metrics === null) return audience;
  return {
    publish: (module, event) => audience.publish(module, event),
    peer: (event) => audience.peer(event),
    noted: (note) => {
      audience.noted(note);
      metrics.noted(note);
    },
  };
}
