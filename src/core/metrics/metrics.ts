/** The metrics of a node: opened before it takes part, begun when there is something to tell. Loaded only where they are wanted (`--metrics`). */
import type { Note } from '../../gossip/protocol.ts';
import { rangeOf } from '../../model/address.ts';
import type { Clock } from '../adapters/clock.ts';
import { Traffic } from '../adapters/traffic.ts';
import type { GossipError } from '../../model/errors.ts';
import type { Logger } from '../log/log.ts';
import { FAMILIES, FILE_FAMILIES } from './families.ts';
import { MetricsFile } from './file.ts';
import { takeReading } from './reading.ts';
import type { Sources } from './reading.ts';
import { MetricsServer, NOT_YET, STANDS_STILL } from './server.ts';
import { Spread } from './spread.ts';
import { MetricsText } from './text.ts';
import type { Format } from './text.ts';
import type { MetricsWish } from './wish.ts';

/** A text is not written again before: however often it is asked for, that costs little. */
const SAME_MS = 1_000;
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
  #server: MetricsServer | null = null;
  #file: MetricsFile | null = null;
  /** The pulses of the node at the last look, and when a look first saw that many. */
  #pulses = { count: -1, at: 0 };
  readonly #texts: Readonly<Record<Format, MetricsText>>;
  readonly #written = new Map<Format, { readonly at: number; readonly text: Promise<Uint8Array> }>();
  /** Where they are told: an address, or a file. */
  place = '';

  private constructor(wish: MetricsWish, parts: MetricsParts) {
    const { name, clock } = parts;
    this.#parts = parts;
    this.traffic = new Traffic(() => clock.forward());
    this.#spread = new Spread(() => clock.wall());
    // Several nodes of a machine may have their files side by side.
    const [families, labels] = 'listen' in wish ? [FAMILIES, {}] : [FILE_FAMILIES, { node: name }];
    this.#texts = { text: new MetricsText(families, 'text', labels), openmetrics: new MetricsText(families, 'openmetrics', labels) };
  }

  /** Rejects with a coded error where it cannot listen, or the file cannot be written. */
  static async open(wish: MetricsWish, parts: MetricsParts): Promise<Metrics> {
    const metrics = new Metrics(wish, parts);
    if ('listen' in wish) await metrics.#listen(wish.listen);
    else await metrics.#write(wish.file);
    return metrics;
  }

  /** Something that the node did. */
  noted(note: Note): void {
    this.#spread.noted(note);
  }

  /** From now on there is something to tell. */
  begin(sources: Sources): void {
    this.#sources = sources;
    this.#file?.renew();
  }

  async close(): Promise<void> {
    await Promise.all([this.#server?.close(), this.#file?.close()]);
  }

  async #listen(listen: Extract<MetricsWish, { listen: unknown }>['listen']): Promise<void> {
    const { log } = this.#parts;
    const text = async (format: Format) => ({ type: this.#texts[format].contentType, body: await this.#textIn(format) });
    const { server, address } = await MetricsServer.listen(listen, { text, ill: () => this.#ill(), log });
    this.#server = server;
    this.place = address;
    if (rangeOf(listen.host) === 'loopback') return;
    log.warn({ address }, 'whoever reaches this address can read the metrics: names of modules and deployments, and how the node does');
  }

  /** Empty before the node takes part, so that nobody takes the metrics of its last start for those of this one. */
  async #write(path: string): Promise<void> {
    const text = (): Promise<Uint8Array> => (this.#sources === null ? Promise.resolve(new Uint8Array()) : this.#textIn('text'));
    this.#file = await MetricsFile.begin({ path, text, log: this.#parts.log });
    this.place = path;
  }

  #ill(): GossipError | null {
    if (this.#sources === null) return NOT_YET;
    const now = this.#parts.clock.forward();
    const { count } = this.#sources.core.node.view(now).work.lateness;
    if (count !== this.#pulses.count) this.#pulses = { count, at: now };
    return now - this.#pulses.at > PULSE_MS ? STANDS_STILL : null;
  }

  /** Whoever asks while one is being written, or soon after, gets the same. */
  #textIn(format: Format): Promise<Uint8Array> {
    const now = this.#parts.clock.forward();
    const last = this.#written.get(format);
    if (last !== undefined && now - last.at < SAME_MS) return last.text;
    const text = this.#textNow(format);
    this.#written.set(format, { at: now, text });
    text.catch(() => this.#written.delete(format));
    return text;
  }

  async #textNow(format: Format): Promise<Uint8Array> {
    if (this.#sources === null) throw NOT_YET;
    return Buffer.from(await this.#texts[format].write(takeReading(this.#sources, this.traffic, this.#spread)));
  }
}
