/**
 * What nodes say of themselves. Each raises the count of its own report; of two reports of a node the higher one is the later one. A report that no longer
 * rises is of a node that is gone: it is no longer shown or told, and is forgotten later, so that nobody who still tells it brings it back.
 */
import { asInteger, asList, asObject, asText, BadInput, field } from 'gossip/sdk';
import type { Json, JsonObject } from 'gossip/sdk';
import { parseName } from './flags.ts';

const MAX_NODES = 1_000;
const MAX_FLAGS_ON = 16;
const FRESH_ROUNDS = 30;
const KEPT_ROUNDS = 2 * FRESH_ROUNDS;

export interface Report {
  readonly count: number;
  /** Whose settings the node goes by; empty in reports of version 1, which did not tell. */
  readonly deployment: string;
  /** Flags that are on there. */
  readonly on: readonly string[];
}

export class Reports {
  readonly #reports = new Map<string, { readonly report: Report; readonly since: number }>();
  #round = 0;

  /** Begins a round with the own report, above all that others know of us: after a restart that may be more than we do. */
  begin(id: string, own: Omit<Report, 'count'>): void {
    this.#round += 1;
    for (const [each, { since }] of this.#reports) if (this.#round - since > KEPT_ROUNDS) this.#reports.delete(each);
    this.#reports.set(id, { report: { ...own, count: (this.#reports.get(id)?.report.count ?? 0) + 1 }, since: this.#round });
  }

  merge(reports: ReadonlyMap<string, Report>): void {
    for (const [id, report] of reports) {
      const known = this.#reports.get(id);
      if (known === undefined && this.#reports.size >= MAX_NODES) continue;
      if (known === undefined || report.count > known.report.count) this.#reports.set(id, { report, since: this.#round });
    }
  }

  fresh(): Map<string, Report> {
    const fresh = [...this.#reports].filter(([, { since }]) => this.#round - since <= FRESH_ROUNDS);
    return new Map(fresh.map(([id, { report }]) => [id, report]));
  }

  json(): JsonObject {
    return Object.fromEntries([...this.fresh()].map(([id, { count, deployment, on }]) => [id, { count, deployment, on: [...on] }]));
  }
}

/** Checks what another node, or an older instance, says. */
export function parseReports(value: Json | undefined, parse: (value: Json) => Report = parseReport): Map<string, Report> {
  const entries = Object.entries(asObject(value, 'the reports'));
  if (entries.length > MAX_NODES) throw new BadInput(`reports of more than ${MAX_NODES} nodes`);
  return new Map(entries.map(([id, report]) => [asText(id, 'a node id', { max: 64, form: /^[0-9a-f]{64}$/ }), parse(report)]));
}

/** As version 1 of the state had it: `[count, on]`. */
export function parseFirstReport(value: Json): Report {
  const [count, on] = asList(value, 'a report', { max: 2 });
  return { count: parseCount(count), deployment: '', on: parseOn(on) };
}

function parseReport(value: Json): Report {
  const report = asObject(value, 'a report');
  const deployment = asText(field(report, 'deployment'), 'a deployment', { max: 64, form: /^[\w@-]*$/ });
  return { count: parseCount(field(report, 'count')), deployment, on: parseOn(field(report, 'on')) };
}

function parseCount(value: Json | undefined): number {
  return asInteger(value, 'a count', { max: Number.MAX_SAFE_INTEGER - 1 });
}

function parseOn(value: Json | undefined): string[] {
  return asList(value, 'the flags', { max: MAX_FLAGS_ON }).map((name) => parseName(asText(name, 'a flag', { max: 32 })));
}
