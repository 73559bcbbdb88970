/** Watching: one stream after another, each where the one before ended, for as long as somebody looks. */
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS_TYPE, HEARTBEAT_MS, longTopic } from '../api/apps.ts';
import { GossipError } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { Json } from '../sdk/json.ts';
import { MAX_TOPIC } from '../sdk/limits.ts';
import type { Caller } from './door.ts';
import { EventReader } from '../api/event-reader.ts';
import type { StreamEvent } from '../api/event-reader.ts';

/** What a watcher is told. */
export type Watched<Data = Json> =
  /** What was published. `id`: give it as `after` to go on from here another time. */
  | { readonly type: 'event'; readonly id: string; readonly data: Data }
  /** So many events were lost, of all topics together; null where nobody can know, as after a restart of the node. Read anew what you follow. */
  | { readonly type: 'lost'; readonly id: string; readonly lost: number | null };

/** Which events are wanted, from where on, and for how long. */
export interface WatchOptions {
  /** Only events whose topic begins so. */
  readonly topic?: string;
  /** The id of the last event that is known already. */
  readonly after?: string;
  readonly signal?: AbortSignal;
  /** Told of each break, before it is connected anew. */
  readonly onBreak?: (error: GossipError) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Nothing for so long, not even a heartbeat: the node hangs, or its machine does. */
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** What a later try may not meet any more. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'GOSSIP_E_UNREACHABLE',
  'GOSSIP_E_TIMEOUT',
  'GOSSIP_E_BUSY',
  'GOSSIP_E_STOPPING',
  'GOSSIP_E_INTERNAL',
]);

/** Throws where the first connection fails, and where the node says that nothing will come; any other break is mended. */
export async function* watch(caller: Caller, path: string, options: WatchOptions): AsyncGenerator<Watched, void, undefined> {
  const { topic = '', signal } = options;
  // Where it is very long, the node would not read as far as the topic.
  if (topic.length > MAX_TOPIC) {
    throw new GossipError('GOSSIP_E_REQUEST', longTopic(topic), { advice: 'Ask for topics by a shorter beginning.' });
  }
  const query = topic === '' ? '' : `?topic=${encodeURIComponent(topic)}`;
  let id = options.after ?? '';
  let connected = false;
  let pauseMs = 0;
  for (;;) {
    try {
      const headers = { accept: EVENTS_TYPE, ...(id !== '' && { 'last-event-id': id }) };
      const stream = await caller.open({ method: 'GET', path: `${path}${query}`, headers, signal }, true);
      connected = true;
      for await (const event of eventsIn(stream)) {
        pauseMs = 0;
        id = event.id === '' ? id : event.id;
        const told = toldBy(event);
        if (told !== null) yield told;
      }
    } catch (thrown) {
      if (signal?.aborted === true) return;
      if (!connected || !(thrown instanceof GossipError) || !PASSING.has(thrown.code)) throw thrown;
      options.onBreak?.(thrown);
    }
    pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * pauseMs));
    // Not all that watched at once.
    await pause(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    if (signal?.aborted === true) return;
  }
}

/** Null for what only this side needs to know. */
function toldBy({ name, data, id }: StreamEvent): Watched | null {
  const value = parsed(data);
  if (name === '') return { type: 'event', id, data: value };
  const { lost, why } = Object(value) as { readonly lost?: unknown; readonly why?: unknown };
  if (name === 'lost') return { type: 'lost', id, lost: typeof lost === 'number' ? lost : null };
  // Another connection would find nothing.
  if (name === 'closed') throw new GossipError('GOSSIP_E_MODULE_ABSENT', typeof why === 'string' ? why : 'the stream was closed');
  // Of a later version.
  return null;
}

function parsed(data: string): Json {
  try {
    return JSON.parse(data) as Json;
  } catch (cause) {
    throw new GossipError('GOSSIP_E_REQUEST', 'the node sent an event that is not JSON', { cause });
  }
}

/** Ends by an error, whatever ended the stream: it is meant to go on. */
async function* eventsIn(stream: IncomingMessage): AsyncGenerator<StreamEvent, never, undefined> {
  const reader = new EventReader();
  const silent = new GossipError('GOSSIP_E_TIMEOUT', `the node said nothing for ${SILENCE_MS} ms`);
  const watchdog = setTimeout(() => stream.destroy(silent), SILENCE_MS);
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      watchdog.refresh();
      yield* reader.push(piece);
    }
  } catch (thrown) {
    if (thrown instanceof GossipError) throw thrown;
    throw new GossipError('GOSSIP_E_UNREACHABLE', `the stream broke off: ${(thrown as Error).message}`, { cause: thrown });
  } finally {
    clearTimeout(watchdog);
    stream.destroy();
  }
  throw new GossipError('GOSSIP_E_UNREACHABLE', 'the node ended the stream');
}
