/** One place where metrics are told: an address of its own, or a file, each with its families and its texts. */
import { rangeOf, splitAddress } from '../../model/address.ts';
import type { Clock } from '../adapters/clock.ts';
import type { GossipError } from '../../model/errors.ts';
import type { Logger } from '../log/log.ts';
import { FAMILIES, FILE_FAMILIES } from './families.ts';
import { MetricsFile } from './file.ts';
import type { Reading } from './reading.ts';
import { MetricsServer, NOT_YET } from './server.ts';
import { MetricsText } from './text.ts';
import type { Format } from './text.ts';
import type { MetricsWish } from './wish.ts';

/** A text is not written again before: however often it is asked for, that costs little. */
const SAME_MS = 1_000;

export interface PlaceParts {
  /** The node's name. */
  readonly name: string;
  readonly clock: Pick<Clock, 'forward'>;
  readonly log: Logger;
  readonly hasBegun: () => boolean;
  /** What there is to tell; null: nothing yet. */
  readonly read: () => Reading | null;
  /** Why the node is not alive; null: it is. */
  readonly ill: () => GossipError | null;
}

export interface MetricsPlace {
  /** The address, or the path of the file. */
  readonly name: string;
  /** Null: it is a file. */
  readonly port: number | null;
  /** There is something new to tell. */
  renew(): void;
  close(): Promise<void>;
}

/** Rejects with a coded error where it cannot listen, or the file cannot be written. */
export async function openPlace(wish: MetricsWish, parts: PlaceParts): Promise<MetricsPlace> {
  return 'listen' in wish ? listenAt(wish.listen, parts) : writeTo(wish.file, parts);
}

async function listenAt(listen: Extract<MetricsWish, { listen: unknown }>['listen'], parts: PlaceParts): Promise<MetricsPlace> {
  const { ill, log } = parts;
  const texts = { text: new Text(parts, 'text'), openmetrics: new Text(parts, 'openmetrics') };
  const text = async (format: Format) => ({ type: texts[format].contentType, body: await texts[format].now() });
  const { server, address } = await MetricsServer.listen(listen, { text, ill, log });
  if (rangeOf(listen.host) !== 'loopback')
    log.warn({ address }, 'whoever reaches this address can read the metrics: names of modules and deployments, and how the node does');
  return { name: address, port: splitAddress(address).port, renew: () => undefined, close: () => server.close() };
}

/** Empty before the node takes part, so that nobody takes the metrics of its last start for those of this one. */
async function writeTo(path: string, parts: PlaceParts): Promise<MetricsPlace> {
  // Several nodes of a machine may have their files side by side.
  const written = new Text(parts, 'text', parts.name);
  const text = (): Promise<Uint8Array> => (parts.hasBegun() ? written.now() : Promise.resolve(new Uint8Array()));
  const file = await MetricsFile.begin({ path, text, log: parts.log });
  return { name: path, port: null, renew: () => file.renew(), close: () => file.close() };
}

/** The text in one format. Whoever asks while it is being written, or soon after, gets the same. */
class Text {
  readonly #parts: PlaceParts;
  readonly #text: MetricsText;
  #last: { readonly at: number; readonly text: Promise<Uint8Array> } | null = null;

  /** `node`: its name as a label of every value, in a file. */
  constructor(parts: PlaceParts, format: Format, node?: string) {
    this.#parts = parts;
    this.#text = node === undefined ? new MetricsText(FAMILIES, format) : new MetricsText(FILE_FAMILIES, format, { node });
  }

  get contentType(): string {
    return this.#text.contentType;
  }

  now(): Promise<Uint8Array> {
    const now = this.#parts.clock.forward();
    if (this.#last !== null && now - this.#last.at < SAME_MS) return this.#last.text;
    const text = this.#write();
    this.#last = { at: now, text };
    text.catch(() => (this.#last = null));
    return text;
  }

  async #write(): Promise<Uint8Array> {
    const reading = this.#parts.read();
    if (reading === null) throw NOT_YET;
    return Buffer.from(await this.#text.write(reading));
  }
}
