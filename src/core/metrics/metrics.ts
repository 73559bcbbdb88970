/** The metrics of a node: opened before it takes part, begun when there is something to tell. Loaded only where they are wanted (`--metrics`). */
import type { Note } from '../../gossip/protocol.ts';
import type { Clock } from '../adapters/clock.ts';
import { Traffic } from '../adapters/traffic.ts';
import { toGossipError } from '../../model/errors.ts';
import type { GossipError } from '../../model/errors.ts';
import { safeText } from '../../model/safe-text.ts';
import type { Logger } from '../log/log.ts';
import { openPlace } from './place.ts';
import type { MetricsPlace } from './place.ts';
import { takeReading } from './reading.ts';
import type { Reading, Sources } from './reading.ts';
import { NOT_YET, STANDS_STILL } from './server.ts';
import { Spread } from './spread.ts';
import type { MetricsWish } from './wish.ts';

/** The pulse beats once a second; a machine that is too full may be late, and is not dead. */
const PULSE_MS = 60_000;

export interface MetricsParts {
  /** The node's name. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Metrics {
  readonly traffic: Traffic;
  readonly #parts: MetricsParts;
  readonly #spread: Spread;
  #sources: Sources | null = null;
  #wish: MetricsWish;
  #place: MetricsPlace | null = null;
  /** One change after the other, and the end after all of them. */
  #moving: Promise<void> = Promise.resolve();
  /** The pulses of the node at the last look, and when a look first saw that many. */
  #pulses = { count: -1, at: 0 };

  private constructor(wish: MetricsWish, parts: MetricsParts) {
    const { clock } = parts;
    this.#wish = wish;
    this.#parts = parts;
    this.traffic = new Traffic(() => clock.forward());
    this.#spread = new Spread(() => clock.wall());
  }

  /** Rejects with a coded error where it cannot listen, or the file cannot be written. */
  static async open(wish: MetricsWish, parts: MetricsParts): Promise<Metrics> {
    const metrics = new Metrics(wish, parts);
    metrics.#place = await metrics.#open(wish);
    return metrics;
  }

  /** Where they are told: an address, or a file. */
  get place(): string {
    return this.#place?.name ?? '';
  }

  /** Something that the node did. */
  noted(note: Note): void {
    this.#spread.noted(note);
  }

  /** From now on there is something to tell. */
  begin(sources: Sources): void {
    this.#sources = sources;
    this.#place?.renew();
  }

  /** They are told there from now on. Where that cannot be, they stay where they are, and the log says why. */
  move(wish: MetricsWish): Promise<void> {
    return (this.#moving = this.#moving.then(() => this.#move(wish)));
  }

  async close(): Promise<void> {
    await this.#moving;
    await this.#place?.close();
  }

  async #move(wish: MetricsWish): Promise<void> {
    if (JSON.stringify(wish) === JSON.stringify(this.#wish)) return;
    const { log } = this.#parts;
    const before = this.#wish;
    try {
      const place = this.#place;
      // There is no room for both where the new one has the same port, at another address.
      if ('listen' in wish && wish.listen.port === place?.port) await this.#leave();
      this.#place = await this.#open(wish);
      this.#wish = wish;
      this.#place.renew();
      log.info({ metrics: this.place }, 'metrics are told there now');
      await place?.close();
    } catch (thrown) {
      const { code, message } = toGossipError(thrown);
      log.error({ code, why: safeText(message) }, 'metrics stay where they were');
      if (this.#place === null) await this.#return(before);
    }
  }

  async #leave(): Promise<void> {
    await this.#place?.close();
    this.#place = null;
  }

  async #return(wish: MetricsWish): Promise<void> {
    try {
      this.#place = await this.#open(wish);
    } catch (thrown) {
      const { code, message } = toGossipError(thrown);
      this.#parts.log.error({ code, why: safeText(message) }, 'metrics are told nowhere now');
    }
  }

  #open(wish: MetricsWish): Promise<MetricsPlace> {
    const { name, clock, log } = this.#parts;
    return openPlace(wish, { name, clock, log, hasBegun: () => this.#sources !== null, read: () => this.#read(), ill: () => this.#ill() });
  }

  #read(): Reading | null {
    return this.#sources === null ? null : takeReading(this.#sources, this.traffic, this.#spread);
  }

  #ill(): GossipError | null {
    if (this.#sources === null) return NOT_YET;
    const now = this.#parts.clock.forward();
    const { count } = this.#sources.core.node.view(now).work.lateness;
    if (count !== this.#pulses.count) this.#pulses = { count, at: now };
    return now - this.#pulses.at > PULSE_MS ? STANDS_STILL : null;
  }
}
