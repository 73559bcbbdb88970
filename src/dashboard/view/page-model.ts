/** What the page knows: told whole once, then in changes. Says what a message changed, so that only this is drawn anew. */
import type { ArrivalEntry, ClusterEntry, EventEntry, HistoryLine, NodeEntry, ProblemEntry, SpreadEntry, Told } from '../wire.ts';

/** What has changed since it was asked last. */
export interface Changes {
  cluster: boolean;
  problems: boolean;
  history: boolean;
  events: boolean;
  /** By their ids, those included that are new or gone. */
  readonly nodes: Set<string>;
  /** By their deployments. */
  readonly spreads: Set<string>;
}

export class PageModel {
  cluster: ClusterEntry | null = null;
  problems: readonly ProblemEntry[] = [];
  history: readonly HistoryLine[] = [];
  readonly nodes = new Map<string, NodeEntry>();
  readonly spreads = new Map<string, SpreadEntry>();
  readonly arrivals = new Map<string, Map<string, ArrivalEntry>>();
  readonly events = new Map<string, EventEntry>();
  #changes = noChanges();

  apply({ whole, entries }: Told): void {
    if (whole) this.#clear();
    for (const [key, value] of entries) this.#put(key, value);
  }

  /** What has changed since the last time. */
  takeChanges(): Changes {
    const changes = this.#changes;
    this.#changes = noChanges();
    return changes;
  }

  #clear(): void {
    for (const id of this.nodes.keys()) this.#changes.nodes.add(id);
    for (const name of this.spreads.keys()) this.#changes.spreads.add(name);
    this.#changes.events = true;
    for (const map of [this.nodes, this.spreads, this.arrivals, this.events]) map.clear();
  }

  /** Keys of a newer server are passed over. */
  #put(key: string, value: unknown): void {
    const [kind, name = '', id = ''] = key.split(' ');
    const changes = this.#changes;
    switch (kind) {
      case 'cluster':
        this.cluster = value as ClusterEntry;
        changes.cluster = true;
        break;
      case 'problems':
        this.problems = value as readonly ProblemEntry[];
        changes.problems = true;
        break;
      case 'history':
        this.history = value as readonly HistoryLine[];
        changes.history = true;
        break;
      case 'node':
        set(this.nodes, name, value as NodeEntry | null);
        changes.nodes.add(name);
        break;
      case 'spread':
        set(this.spreads, name, value as SpreadEntry | null);
        changes.spreads.add(name);
        break;
      case 'arrival': {
        const arrivals = this.arrivals.get(name) ?? new Map<string, ArrivalEntry>();
        set(arrivals, id, value as ArrivalEntry | null);
        set(this.arrivals, name, arrivals.size === 0 ? null : arrivals);
        changes.spreads.add(name);
        break;
      }
      case 'event':
        set(this.events, name, value as EventEntry | null);
        changes.events = true;
        break;
      default:
    }
  }
}

function noChanges(): Changes {
  return { cluster: false, problems: false, history: false, events: false, nodes: new Set(), spreads: new Set() };
}

function set<Value>(map: Map<string, Value>, key: string, value: Value | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
