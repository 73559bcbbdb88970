/**
 * The one source of all that the page shows: looks at the cluster as `gossip status --watch` does, and, while a deployment is on its way, as
 * `gossip rollout` does in between. It rests while no page is open.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { toGossipError } from '../../model/errors.ts';
import type { VerifiedDeployment } from '../../model/deployment.ts';
import type { PayloadHash } from '../../model/names.ts';
import type { NodeApi } from '../client/client.ts';
import type { OperatorCluster } from '../cluster/clusters.ts';
import type { ClusterEntry } from '../../dashboard/wire.ts';
import type { Sampling, Sighting } from '../status/gather.ts';
import { moduleRows } from '../status/module-row.ts';
import { problemsOf } from '../status/problems.ts';
import type { Records } from '../status/records.ts';
import { Spread } from '../status/spread.ts';
import { ofSome, viewOf } from '../status/status.ts';
import type { ClusterStatus } from '../status/status.ts';
import { survey } from '../status/survey.ts';
import type { Survey } from '../status/survey.ts';
import { watchCluster } from '../status/watch.ts';
import type { Look } from '../status/watch.ts';
import type { Board } from './board.ts';
import { clusterEntry, historyLines, nodeEntries, problemEntries, spreadEntry } from './entries.ts';
import type { Told } from './entries.ts';

export interface FollowOptions {
  readonly cluster: OperatorCluster;
  readonly api: NodeApi;
  readonly board: Board;
  /** Told after each change of the board. */
  readonly onChange: () => void;
  /** Resolves while somebody looks. */
  readonly somebody: (signal: AbortSignal) => Promise<void>;
  /** Told of each whole look. */
  readonly onSurvey?: (survey: Survey) => void;
}

/** Of more members only some are asked. */
const SAMPLING: Sampling = { above: 2_000, size: 1_000 };
/** From the end of a whole look to the next one; and whoever looks takes time from the nodes: it rests at least as long as it took. */
const PAUSE_MS = 2_000;
/** Between looks at a deployment that is on its way, and for how long before everything is looked at again. */
const CLOSE_PAUSE_MS = 300;
const MOST_CLOSE_PAUSE_MS = 2_000;
const PAUSE_PER_LOOK = 3;
const CLOSE_MS = 5_000;
/** Nothing has moved for so long: then it is looked at like all others. */
const STILL_MS = 20_000;
/** Deployments whose spread is kept, the newest of all. */
const MOST_SPREADS = 6;
/** How long an instance must have run to be called healthy, as with `gossip rollout`. */
const STEADY_MS = 3_000;

interface Followed {
  readonly record: VerifiedDeployment;
  readonly spread: Spread;
  readonly look: (withinMs: number) => Promise<Look>;
  /** How far it was at the last look, and since when it is so. */
  stand: string;
  stillSince: number;
}

export class Follower {
  readonly #options: FollowOptions;
  readonly #spreads = new Map<PayloadHash, Followed>();
  #status: ClusterStatus | null = null;
  #survey: Survey | null = null;
  #wake = new AbortController();
  #told: Told | null = null;
  #events: string | null = null;
  #last: ClusterEntry | null = null;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** What the last look gave; null before the first. */
  get latest(): { readonly status: ClusterStatus; readonly survey: Survey } | null {
    return this.#status === null || this.#survey === null ? null : { status: this.#status, survey: this.#survey };
  }

  /** Looks at once instead of after the pause. */
  wake(): void {
    this.#wake.abort();
  }

  /** Why the events of some nodes are not shown. */
  setEvents(text: string | null): void {
    this.#events = text;
    this.#tellCluster({});
  }

  /** Until the signal; what fails is told on the page, and it goes on. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.somebody(signal);
      this.#wake = new AbortController();
      const began = performance.now();
      await this.#look(signal);
      const tookMs = performance.now() - began;
      if (signal.aborted) return;
      if (!(await this.#lookClosely(signal))) await this.#rest(Math.max(PAUSE_MS, tookMs), signal);
    }
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    await pause(ms, undefined, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(() => undefined);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { cluster, api, onSurvey } = this.#options;
    try {
      const seen = await survey(cluster, api, undefined, { sampling: SAMPLING, signal });
      if (signal.aborted) return;
      const view = viewOf(cluster, seen);
      this.#survey = seen;
      this.#status = view.sample === null ? view : ofSome(view);
      this.#choose(seen.records, signal);
      for (const followed of this.#spreads.values()) this.#feed(followed, seen.sightings);
      this.#tell(this.#status, seen.records);
      onSurvey?.(seen);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#tellError(thrown);
    }
  }

  #tellError(thrown: unknown): null {
    const { code, message } = toGossipError(thrown);
    this.#tellCluster({ error: `${message} (${code})` });
    return null;
  }

  /** False where no deployment is on its way. */
  async #lookClosely(signal: AbortSignal): Promise<boolean> {
    const began = performance.now();
    for (;;) {
      const moving = this.#moving();
      if (moving === undefined) return performance.now() - began > CLOSE_PAUSE_MS;
      if (signal.aborted || this.#wake.signal.aborted || performance.now() - began > CLOSE_MS) return true;
      const seen = await moving.look(CLOSE_MS).catch((thrown: unknown) => this.#tellError(thrown));
      if (signal.aborted || seen === null) return seen !== null;
      this.#feed(moving, seen.sightings);
      this.#patch(moving.record, seen.sightings);
      await this.#rest(Math.max(CLOSE_PAUSE_MS, Math.min(MOST_CLOSE_PAUSE_MS, PAUSE_PER_LOOK * seen.answersMs)), signal);
    }
  }

  /** The newest of a module that some nodes lack, and that has moved of late. */
  #moving(): Followed | undefined {
    const records = this.#survey?.records;
    return [...this.#spreads.values()].find(({ record, spread, stillSince }) => {
      const { nodes, counts } = spread.view();
      const isNewest = records?.newest(record.deployment.module)?.hash === record.hash;
      return isNewest && counts.healthy < nodes && performance.now() - stillSince < STILL_MS;
    });
  }

  #choose(records: Records, signal: AbortSignal): void {
    const { cluster, api } = this.#options;
    const wanted = records.all.slice(0, MOST_SPREADS);
    for (const hash of this.#spreads.keys()) if (!wanted.some((record) => record.hash === hash)) this.#spreads.delete(hash);
    for (const record of wanted) {
      if (this.#spreads.has(record.hash)) continue;
      const look = watchCluster(cluster, api, record.deployment.module, [], signal);
      this.#spreads.set(record.hash, {
        record,
        look,
        spread: new Spread(record, STEADY_MS),
        stand: '',
        stillSince: performance.now(),
      });
    }
  }

  #feed(followed: Followed, sightings: readonly Sighting[]): void {
    const now = performance.now();
    followed.spread.look(sightings, now);
    const stand = JSON.stringify(followed.spread.view().counts);
    if (stand === followed.stand) return;
    followed.stand = stand;
    followed.stillSince = now;
  }

  /** What a close look gave of one module takes the place of what is known of it. */
  #patch({ deployment: { module } }: VerifiedDeployment, sightings: readonly Sighting[]): void {
    if (this.#status === null || this.#survey === null) return;
    const { records } = this.#survey;
    const fresh = new Map(
      sightings.flatMap(({ node, answer }) => {
        const row = 'status' in answer ? moduleRows(answer.status, records).find(({ name }) => name === module) : undefined;
        return row === undefined ? [] : [[node.id, row] as const];
      }),
    );
    const nodes = this.#status.nodes.map((node) => {
      const row = fresh.get(node.id);
      if (row === undefined || !node.reachable) return node;
      return { ...node, modules: node.modules.map((each) => (each.name === module ? row : each)) };
    });
    this.#status = { ...this.#status, nodes };
    this.#tell(this.#status, records);
  }

  #tell(status: ClusterStatus, records: Records): void {
    const { board, onChange } = this.#options;
    this.#told = clusterEntry(status);
    board.replace('node ', nodeEntries(status));
    board.set('problems', problemEntries(problemsOf(status)));
    board.set('history', historyLines(records));
    const followed = [...this.#spreads.values()].map(({ record, spread }) => ({ record, view: spread.view(), name: records.name(record) }));
    const newestFirst = followed.toSorted((a, b) => records.all.indexOf(a.record) - records.all.indexOf(b.record));
    board.replace(
      'spread ',
      new Map(newestFirst.map(({ name, record, view }, place) => [`spread ${name}`, spreadEntry(name, record, view, place)])),
    );
    board.replace(
      'arrival ',
      new Map(newestFirst.flatMap(({ name, view }) => view.arrivals.map((arrival) => [`arrival ${name} ${arrival.node}`, arrival]))),
    );
    this.#tellCluster({ lookedAt: Date.now(), error: null });
    onChange();
  }

  #tellCluster(news: Partial<ClusterEntry>): void {
    const { board, cluster, onChange } = this.#options;
    const nothing = { name: cluster.name, id: cluster.root.cluster, known: 0, answered: 0, converged: null, sample: null, newest: [] };
    this.#last = { ...nothing, lookedAt: null, error: null, ...this.#last, ...this.#told, ...news, events: this.#events };
    board.set('cluster', this.#last);
    onChange();
  }
}
