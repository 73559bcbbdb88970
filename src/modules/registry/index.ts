/**
 * Registry: a replicated map of small values, some with a time to live; the last writer wins, and deletions stay deleted.
 *
 * Settings: `entries` (an object: key to value) are written and `deletions` (a list of keys) deleted once by every
 * deployment, on every node alike. Applications ask by `{ op, key, … }` (`requests.ts`), and watch changes by the beginning of their keys.
 */
import { asInteger, asJson, asList, asObject, asText, field, GossipModule, knownSettings, parseState, roundMs } from '../../sdk/index.ts';
import type { Json, Peer } from '../../sdk/index.ts';
import {
  BUCKETS,
  catchUp,
  digestsOf,
  fingerprint,
  MAX_KEPT_KEYS,
  MAX_KEYS,
  MAX_TOMBSTONES,
  MAX_VERSION,
  parseKey,
  parseSummary,
  plan,
  summarize,
  summaryJson,
  valueText,
} from '../../sdk/replicated.ts';
import { SETTINGS } from './settings.ts';
import { entryJson, parseEntries, parseTtl } from './entry.ts';
import type { Entry } from './entry.ts';
import { ReplicatedMap } from './map.ts';
import { fitting, MAX_ENTRIES, parseRequest, requestJson } from './messages.ts';
import { answerRequest, changeJson, parseAppRequest, writeValue } from './requests.ts';

/** Entries that `inspect` shows. */
const MAX_SHOWN = 200;
/** Entries of one map. */
const MAX_ROWS = MAX_KEPT_KEYS + MAX_TOMBSTONES;

export default class Registry extends GossipModule {
  readonly #map = new ReplicatedMap(
    () => this.context.now(),
    (entry) => this.context.publish?.(changeJson(entry), entry.key),
  );
  /** The deployment, and the fingerprint of its settings, that were written. */
  #applied = '';

  override start(): void {
    knownSettings(this.context.settings, SETTINGS);
    this.#applySettings();
    const intervalMs = roundMs(this.context);
    this.context.every(intervalMs, () => {
      this.#map.expire();
      for (const peer of this.context.peers(1)) void this.#reconcile(peer);
    });
  }

  override receive(body: Json): Json {
    const request = parseRequest(body);
    if (request.type === 'compare') {
      const summary = summarize(this.#map, request, Math.floor(this.context.random() * BUCKETS));
      return summary && summaryJson(summary);
    }
    for (const entry of request.entries) this.#map.merge(entry);
    const wanted = request.wants.map((key) => this.#map.get(key)).filter((entry) => entry !== undefined);
    return fitting(wanted).map(entryJson);
  }

  override request(body: Json | Uint8Array): Json {
    this.#map.expire();
    return answerRequest(this.#map, parseAppRequest(asJson(body, 'a request')), this.context.self.id);
  }

  /** The value of a key; undefined when there is none. */
  get(key: string): Json | undefined {
    this.#map.expire();
    const text = this.#map.get(key)?.text ?? null;
    return text === null ? undefined : (JSON.parse(text) as Json);
  }

  set(key: string, value: Json, ttlMs?: number): void {
    this.#map.expire();
    writeValue(this.#map, { key: parseKey(key), text: valueText(value), writer: this.context.self.id, ttlMs: parseTtl(ttlMs) });
  }

  delete(key: string): void {
    writeValue(this.#map, { key: parseKey(key), text: null, writer: this.context.self.id });
  }

  override transferState(): string {
    const { clock, floor } = this.#map;
    return JSON.stringify({ version: 1, applied: this.#applied, clock, floor, entries: this.#sorted().map(entryJson) });
  }

  override acceptState(text: string): void {
    const { state } = parseState(text, [1]);
    const applied = asText(field(state, 'applied'), "the state's applied", { max: 160 });
    const clock = asInteger(field(state, 'clock'), "the state's clock", { max: MAX_VERSION });
    const floor = asInteger(field(state, 'floor'), "the state's floor", { max: MAX_VERSION });
    this.#map.restore({ clock, floor, entries: parseEntries(field(state, 'entries'), MAX_ROWS) });
    this.#applied = applied;
  }

  override inspect(): Json {
    const entries = this.#sorted().filter((entry) => entry.text !== null);
    const { keys, tombstones, floor } = this.#map;
    return { keys, tombstones, floor, entries: entries.slice(0, MAX_SHOWN).map(entryJson) };
  }

  async #reconcile(peer: Peer): Promise<void> {
    try {
      const comparison = { type: 'compare', floor: this.#map.floor, digests: digestsOf(this.#map) } as const;
      const summary = parseSummary(await this.context.exchange(peer, requestJson(comparison)), MAX_ROWS);
      if (summary === null) return;
      const { gives, wants } = plan(this.#map, summary);
      if (gives.length + wants.length > 0) {
        const swap = { type: 'swap', entries: fitting(gives), wants: wants.slice(0, MAX_ENTRIES) } as const;
        const answer = await this.context.exchange(peer, requestJson(swap));
        for (const entry of parseEntries(answer, MAX_ENTRIES)) this.#map.merge(entry);
      }
      catchUp(this.#map, summary);
    } catch {
      // The peer is away, or speaks nonsense: the next round asks another.
    }
  }

  #applySettings(): void {
    const { settings, deployment } = this.context;
    const entries = Object.entries(asObject(field(settings, 'entries') ?? {}, 'settings.entries'));
    const texts = entries.map(([key, value]) => [parseKey(key), valueText(value)] as const);
    const deletions = asList(field(settings, 'deletions') ?? [], 'settings.deletions', { max: MAX_KEYS }).map(parseKey);
    // Two partitions may each have a `d3`: the settings tell them apart.
    const application = `${deployment} ${fingerprint(JSON.stringify(settings))}`;
    if (application === this.#applied) return;
    for (const [key, text] of texts) if (this.#map.get(key)?.text !== text) this.#dictate(key, text);
    for (const key of deletions) if ((this.#map.get(key)?.text ?? null) !== null) this.#dictate(key, null);
    this.#applied = application;
  }

  #dictate(key: string, text: string | null): void {
    this.#map.dictate(key, (stamp) => ({ key, text, writer: '', ...stamp }));
  }

  #sorted(): Entry[] {
    return [...this.#map.entries()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
}
