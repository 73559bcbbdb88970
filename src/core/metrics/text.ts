/** Metrics as text, in the two formats that Prometheus reads, written by prom-client's registry. */
import { Registry } from 'prom-client';
import type { Metric, RegistryContentType } from 'prom-client';
import type { Family, Labels } from './family.ts';
import type { Reading } from './reading.ts';

export type Format = 'text' | 'openmetrics';

export class MetricsText {
  readonly #registry = new Registry<RegistryContentType>();
  #reading: Reading | null = null;

  /** A registry for each format: the library changes the names of counters for the second one, for good. `labels`: beside each value's own. */
  constructor(families: readonly Family[], format: Format, labels: Labels = {}) {
    this.#registry.setContentType(format === 'openmetrics' ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE);
    this.#registry.setDefaultLabels(labels);
    for (const family of families) this.#registry.registerMetric(this.#metricOf(family));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All families are read before anything else happens; only the writing may take turns. */
  write(reading: Reading): Promise<string> {
    this.#reading = reading;
    const text = this.#registry.metrics();
    this.#reading = null;
    return text;
  }

  /** What the registry asks of a metric. The library's own ones count by themselves; here the parts of the node have counted. */
  #metricOf({ name, help, type, read }: Family): Metric {
    const metric = {
      name,
      help,
      type,
      // The registry may have given it another name.
      get: () => ({ name: metric.name, help, type, values: this.#valuesOf(name, read) }),
    };
    return metric as unknown as Metric;
  }

  #valuesOf(name: string, read: Family['read']): object[] {
    const samples = this.#reading === null ? [] : read(this.#reading);
    return samples.map(({ value, labels, suffix }) => ({
      value,
      labels: { ...labels },
      ...(suffix !== undefined && { metricName: `${name}${suffix}` }),
    }));
  }
}
