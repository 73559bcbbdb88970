/**
 * Goodbyes of nodes: said to a few by whoever leaves, and passed on with the exchanges of configurations until everybody knows. Each is signed by its node
 * and of one start of it, so that nobody else can say it, and it says nothing once that node has started again.
 */
import { BoundedMap } from '../model/bounded.ts';
import type { Peer } from '../model/names.ts';
import type { Farewell } from '../trust/farewell.ts';
import type { Words } from '../trust/words.ts';
import type { ActiveView } from './active-view.ts';
import { MAX_LEFT } from './cut.ts';
import type { Hints } from './hints.ts';
import type { Ports } from './ports.ts';
import type { Hint } from './protocol.ts';
import { RUMOR_AT_ONCE } from './timing.ts';

export interface FarewellsParts {
  readonly ports: Ports;
  readonly hints: Hints;
  readonly view: ActiveView;
  /** Absent where nodes have no keys: nothing is told or believed of farewells. */
  readonly words: Words | undefined;
  /** An exchange that brings nothing but what each of them brings. */
  readonly tell: (peer: Peer) => void;
}

/** To so many peers a node says goodbye itself: those of its view, the rendezvous nodes, and some more. */
const GOODBYES = 16;
/** Messages with which a node passes a new one on; after that it is told now and then, to those who were away. */
const TIMES_TOLD = 8;
const TOLD_LATER = 1 / 4;
const MAX_KNOWN = 2_048;

export class Farewells {
  readonly #parts: FarewellsParts;
  readonly #news = new Map<string, number>();
  /** Those whose signatures were checked. */
  readonly #known = new BoundedMap<string, true>(MAX_KNOWN);

  constructor(parts: FarewellsParts) {
    this.#parts = parts;
  }

  /** What was on disk. */
  resume(kept: readonly Hint[]): void {
    for (const { left } of kept) if (left !== undefined) this.#learn(left);
  }

  /** This node says goodbye. */
  leave(): void {
    const { words, view, hints, tell } = this.#parts;
    if (words === undefined) return;
    this.#news.set(words.farewell().line, Infinity);
    const near = [...view.sample(), ...hints.rendezvous()];
    const told = new Map([...near, ...hints.sample(GOODBYES)].map((peer) => [peer.id, peer]));
    for (const peer of [...told.values()].slice(0, Math.max(GOODBYES, near.length))) tell(peer);
  }

  /** What a message tells; `whole`: one that is there to compare everything. */
  told(whole: boolean): readonly string[] | undefined {
    const { hints, ports, words } = this.#parts;
    if (words === undefined) return undefined;
    const lines = [...this.#news.keys()].slice(0, MAX_LEFT);
    for (const line of lines) {
      const times = this.#news.get(line) as number;
      if (times > 1) this.#news.set(line, times - 1);
      else this.#news.delete(line);
    }
    const older = whole && lines.length === 0 && ports.random() < TOLD_LATER ? hints.oneThatLeft() : undefined;
    if (older !== undefined) lines.push(older);
    return lines.length === 0 ? undefined : lines;
  }

  /** Takes in what a peer told, and passes on what is new. */
  take(lines: readonly string[] = [], from: string): void {
    const { ports, hints, view, tell } = this.#parts;
    const learned = lines.flatMap((line) => this.#learn(line) ?? []);
    for (const { id, line } of learned) {
      const peer = hints.get(id);
      if (peer !== undefined) ports.emit({ type: 'note', note: { event: 'node-left', peer } });
      this.#news.set(line, TIMES_TOLD);
    }
    if (learned.length > 0) for (const peer of view.sample(RUMOR_AT_ONCE, ({ id }) => id !== from)) tell(peer);
  }

  #learn(line: string): Farewell | null {
    const { words, hints } = this.#parts;
    const farewell = this.#known.has(line) ? null : (words?.readFarewell(line) ?? null);
    if (farewell === null) return null;
    this.#known.set(line, true);
    return hints.left(farewell) ? farewell : null;
  }
}
