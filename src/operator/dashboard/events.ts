/** What happens on the nodes, for the page: as `gossip monitor` shows it, of every node that is there, and of those that come later. */
import { toGossipError } from '../../model/errors.ts';
import type { NodeId } from '../../model/names.ts';
import type { EventEntry } from '../../dashboard/wire.ts';
import type { NodeAddress } from '../client/client.ts';
import type { LogAccess } from '../logs/access.ts';
import { logsOf } from '../logs/follow.ts';
import { eventOf } from '../monitor/events.ts';
import { shortHash } from '../render/cells.ts';
import { eventText, eventTone } from '../render/event-text.ts';
import type { Board } from './board.ts';

/** Each is a connection that stays. */
const MOST_FOLLOWED = 256;
/** Asked for the first time at once: each may need a handshake. */
const WIDTH = 8;
/** A node that refused, or was not there, is asked again after so long. */
const AGAIN_MS = 30_000;
/** Events that the page keeps. */
const MOST_EVENTS = 300;
/** Of the last minutes before the page was opened; and no more lines of each node, for modules print much. */
const BEFORE = { ageMs: 600_000, lines: 200 } as const;

export interface EventOptions {
  readonly api: LogAccess;
  readonly board: Board;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
  /** A deployment has just been accepted somewhere. */
  readonly onDeployment: () => void;
  /** Told in words of how many nodes no events are shown, and why; null: of none. */
  readonly onLacking: (text: string | null) => void;
}

export class EventFollower {
  readonly #options: EventOptions;
  readonly #followed = new Set<NodeId>();
  readonly #waiting: NodeAddress[] = [];
  readonly #names = new Map<string, string>();
  readonly #failed = new Map<NodeId, { readonly why: string; readonly at: number }>();
  readonly #kept: { readonly key: string; readonly time: string }[] = [];
  readonly #since = Date.now();
  #beginning = 0;
  #number = 0;
  #known = 0;

  constructor(options: EventOptions) {
    this.#options = options;
  }

  /** Nodes that answer now: those that are new are followed, too, as far as there is room. */
  follow(nodes: readonly NodeAddress[]): void {
    this.#known = nodes.length;
    for (const node of nodes) {
      if (node.name !== '') this.#names.set(node.id, node.name);
      if (this.#followed.has(node.id) || this.#followed.size >= MOST_FOLLOWED) continue;
      const failure = this.#failed.get(node.id);
      if (failure !== undefined && performance.now() - failure.at < AGAIN_MS) continue;
      this.#followed.add(node.id);
      this.#waiting.push(node);
    }
    this.#begin();
    this.#tellLacking();
  }

  #begin(): void {
    while (this.#beginning < WIDTH) {
      const node = this.#waiting.shift();
      if (node === undefined) return;
      this.#beginning += 1;
      let hasBegun = false;
      const begun = (): void => {
        if (hasBegun) return;
        hasBegun = true;
        this.#beginning -= 1;
        this.#begin();
      };
      void this.#read(node, begun).finally(begun);
    }
  }

  async #read(node: NodeAddress, begun: () => void): Promise<void> {
    const { api, signal } = this.#options;
    const question = { module: null, level: 'info', since: null, after: null, follow: true, ...BEFORE } as const;
    try {
      // A node that is away is noticed by the looks at all of them.
      for await (const line of logsOf({ api, node, question, signal, onBreak: () => undefined, onTold: begun })) {
        begun();
        if ('record' in line) this.#hear(node, line.record);
      }
    } catch (thrown) {
      // It is tried anew, later.
      this.#followed.delete(node.id);
      this.#failed.set(node.id, { why: toGossipError(thrown).message, at: performance.now() });
      this.#tellLacking();
      return;
    }
    this.#followed.delete(node.id);
  }

  #hear(node: NodeAddress, record: Parameters<typeof eventOf>[0]): void {
    const event = eventOf(record);
    this.#failed.delete(node.id);
    if (event === null) return;
    const { board, onChange, onDeployment } = this.#options;
    const entry: EventEntry = {
      time: record.time,
      node: node.name || shortHash(node.id),
      id: node.id,
      kind: event.kind,
      tone: eventTone(event),
      text: eventText(event, (id) => this.#names.get(id)),
    };
    this.#number += 1;
    const key = `event ${this.#number}`;
    board.set(key, entry);
    this.#kept.push({ key, time: record.time });
    if (this.#kept.length > MOST_EVENTS) this.#dropOldest();
    // What lies before the page was opened has been looked at.
    const isNews = event.event === 'deployment-accepted' && Date.parse(record.time) >= this.#since;
    // The first node that tells of it is enough.
    if (isNews && event.deployment !== null && !board.has(`spread ${event.deployment}`)) onDeployment();
    onChange();
  }

  /** By time: a node that is asked late tells of long ago. */
  #dropOldest(): void {
    let oldest = 0;
    this.#kept.forEach(({ time }, index) => {
      if (time < (this.#kept[oldest]?.time ?? '')) oldest = index;
    });
    const [dropped] = this.#kept.splice(oldest, 1);
    if (dropped !== undefined) this.#options.board.delete(dropped.key);
  }

  #tellLacking(): void {
    const more = this.#known - this.#followed.size;
    const [failure] = this.#failed.values();
    const told = failure === undefined ? `of ${this.#followed.size} of ${this.#known} nodes` : `not of all nodes: ${failure.why}`;
    this.#options.onLacking(more <= 0 && failure === undefined ? null : told);
  }
}
