/** Everything that happened: folded into one fingerprint always, written as lines only when somebody looks. */
import type { GossipAnswer, GossipRequest } from '../../gossip/messages.ts';
import type { GossipEffect, GossipEvent } from '../../gossip/protocol.ts';
import { Fingerprint } from './fingerprint.ts';
import type { NodeSight } from '../laws/happening.ts';
import { TICKS_PER_MS } from '../../sdk/virtual/scheduler.ts';
import { TraceLines } from './trace-line.ts';
import { TraceNames } from './trace-names.ts';

export class Trace {
  /** Events so far; the number that a broken law names. */
  events = 0;
  readonly names = new TraceNames();
  readonly #show: ((line: string) => void) | undefined;
  readonly #lines = new TraceLines(this.names);
  readonly #fingerprint = new Fingerprint();

  constructor(show?: (line: string) => void) {
    this.#show = show;
  }

  /** Something that happened to a node, or to the network. */
  line(now: number, text: string): void {
    this.#begin(now);
    this.#fingerprint.word(text);
    this.#write(now, text);
  }

  /** A node handled an event. */
  handled(
    now: number,
    { peer: { name }, records }: Pick<NodeSight, 'peer' | 'records'>,
    event: GossipEvent,
    effects: readonly GossipEffect[],
  ): void {
    this.#begin(now);
    this.#fingerprint.word(name);
    this.#fold(event);
    for (const effect of effects) this.#fold(effect);
    if (this.#show === undefined) return;
    this.names.learnRecords(records);
    this.#write(now, this.#lines.line(name, event, effects));
  }

  /** Equal for equal runs. */
  get fingerprint(): string {
    return this.#fingerprint.text;
  }

  #begin(now: number): void {
    this.events += 1;
    this.#fingerprint.number(now * TICKS_PER_MS);
  }

  #write(now: number, text: string): void {
    this.#show?.(`${this.events} ${now.toFixed(3)} ${text}`);
  }

  /** What tells one event or effect from another: its kind, what it names, and what it carries. */
  #fold(part: GossipEvent | GossipEffect): void {
    const fingerprint = this.#fingerprint;
    fingerprint.word(part.type);
    if ('token' in part) fingerprint.number(part.token);
    if ('at' in part) fingerprint.number(Math.floor(part.at * TICKS_PER_MS));
    if ('module' in part) fingerprint.word(part.module);
    if ('generation' in part) fingerprint.number(part.generation);
    if ('to' in part) fingerprint.word(part.to.id);
    if ('from' in part) fingerprint.word(part.from.id);
    if ('body' in part) fingerprint.number(part.body.length);
    if ('failure' in part) fingerprint.word(part.failure.code);
    if ('message' in part) this.#foldMessage(part.message);
  }

  #foldMessage(message: GossipRequest | GossipAnswer): void {
    const fingerprint = this.#fingerprint;
    fingerprint.word(message.kind);
    if ('digest' in message) fingerprint.word(message.digest);
    if ('records' in message) fingerprint.number(message.records.length);
    if ('body' in message) fingerprint.number(message.body.length);
  }
}
