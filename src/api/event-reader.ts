/** Reads a stream of server-sent events (WHATWG HTML, 9.2.6), as it comes in pieces. */
import { GossipError } from '../model/errors.ts';

export interface StreamEvent {
  /** Empty for what a module published. */
  readonly name: string;
  readonly data: string;
  /** The last id that was told. */
  readonly id: string;
}

/** Longer than any event that a node sends. */
const MAX_BLOCK_CHARACTERS = 4 * 1024 * 1024;

export class EventReader {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #id = '';
  #name = '';
  #data: string[] = [];
  #characters = 0;

  /** The events that end in this piece. */
  push(piece: Uint8Array): StreamEvent[] {
    const events: StreamEvent[] = [];
    const lines = `${this.#rest}${this.#decoder.decode(piece, { stream: true })}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line, events);
    if (this.#characters + this.#rest.length > MAX_BLOCK_CHARACTERS)
      throw new GossipError('GOSSIP_E_TOO_LARGE', 'an event that never ends');
    return events;
  }

  #line(line: string, events: StreamEvent[]): void {
    if (line === '') return this.#end(events);
    this.#characters += line.length;
    const colon = line.indexOf(':');
    const [field, value] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    if (field === 'id') this.#id = value;
    else if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    return undefined;
  }

  #end(events: StreamEvent[]): void {
    if (this.#data.length > 0) events.push({ name: this.#name, data: this.#data.join('\n'), id: this.#id });
    this.#name = '';
    this.#data = [];
    this.#characters = 0;
  }
}
