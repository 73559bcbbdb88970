/** Tips of rendezvous nodes: made by these now and then, passed on with the exchanges of configurations, and weighed by everybody (attacks A4 and B16). */
import { BoundedMap } from '../model/bounded.ts';
import type { NodeId } from '../model/names.ts';
import type { Words } from '../trust/words.ts';
import { MAX_TIPS } from './cut.ts';
import type { Digest } from './digest.ts';
import { Freshness } from './freshness.ts';
import type { FreshnessView } from './freshness.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import type { Hint } from './protocol.ts';

export interface TipsParts {
  readonly ports: Ports;
  readonly self: NodeId;
  readonly hints: Pick<Hints, 'keepTip'>;
  readonly words: Words | undefined;
  /** Those of the newest root. */
  readonly rendezvous: () => readonly { readonly id: NodeId }[];
  readonly held: () => { readonly digest: Digest; readonly rootVersion: number };
}

/** Messages with which a node passes a new tip on; the next one follows soon, and nobody needs them all. */
const TIMES_TOLD = 8;
const MAX_KNOWN = 256;

export class Tips {
  readonly #parts: TipsParts;
  readonly #freshness: Freshness;
  /** By their nodes: the newest, and how often it is still to be told. */
  readonly #news = new Map<NodeId, { readonly line: string; times: number }>();
  /** Lines whose signatures were checked. */
  readonly #known = new BoundedMap<string, true>(MAX_KNOWN);
  #number = 0;
  #wasStale = false;

  constructor(parts: TipsParts) {
    this.#parts = parts;
    this.#freshness = new Freshness({ ...parts, staleMs: parts.ports.timing.staleMs });
  }

  /** What was on disk: so that what was seen before the start is not shown again as new. */
  resume(kept: readonly Hint[]): void {
    const { words } = this.#parts;
    for (const { tip: line } of kept) {
      const tip = line === undefined ? null : (words?.readTip(line) ?? null);
      if (tip !== null) this.#freshness.restore(tip);
    }
  }

  start(): void {
    const { ports, words } = this.#parts;
    if (words === undefined) return;
    this.#freshness.start(ports.now);
    this.#schedule(ports.timing.slowBackupMs * ports.random());
  }

  view(now: number): FreshnessView {
    this.#freshness.changed();
    return this.#freshness.view(now);
  }

  told(): readonly string[] | undefined {
    this.#freshness.changed();
    const open = [...this.#news].filter(([, { times }]) => times > 0).slice(0, MAX_TIPS);
    for (const [, news] of open) news.times -= 1;
    return open.length === 0 ? undefined : open.map(([, { line }]) => line);
  }

  take(lines: readonly string[] = []): void {
    const { words, ports, hints } = this.#parts;
    for (const line of lines) {
      const tip = this.#known.has(line) ? null : (words?.readTip(line) ?? null);
      if (tip === null) continue;
      this.#known.set(line, true);
      this.#freshness.changed();
      if (!this.#freshness.take(tip, ports.now)) continue;
      this.#news.set(tip.id, { line, times: TIMES_TOLD });
      hints.keepTip(tip.id, line);
    }
  }

  #schedule(delayMs: number): void {
    const { ports } = this.#parts;
    ports.timers.set('tip', ports.now + delayMs, () => {
      this.#schedule(ports.round(ports.timing.tipMs));
      this.#sign();
      this.#noteChange();
    });
  }

  #sign(): void {
    const { words, rendezvous, self, held } = this.#parts;
    if (words === undefined || !rendezvous().some(({ id }) => id === self)) return;
    this.#number += 1;
    this.#news.set(self, { line: words.tip({ number: this.#number, ...held() }).line, times: TIMES_TOLD });
  }

  /** For the journal; the status tells it at any time. */
  #noteChange(): void {
    const { ports } = this.#parts;
    const isStale = this.view(ports.now).fresh === false;
    if (isStale !== this.#wasStale) ports.emit({ type: 'note', note: { event: 'stale', stale: isStale } });
    this.#wasStale = isStale;
  }
}
