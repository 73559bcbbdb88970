/** Something that programs may be started for: which handlers want it, and the document that they read. */
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import type { ModuleName, Peer } from '../../model/names.ts';
import type { PublishedEvent } from '../../sdk/content.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { readJson } from '../../sdk/json-text.ts';
import { MEMBERSHIP } from './wish.ts';
import type { HandlerWish, WantedEvent } from './wish.ts';

export interface Happening {
  /** What `GOSSIP_EVENT` says: the event's own name, or that of the module that published it. */
  readonly name: string;
  /** Who published it; null where it is the node's own. */
  readonly module: ModuleName | null;
  readonly topic: string;
  /** As watchers at the door see it. */
  readonly data: Json;
  /** ISO 8601. */
  readonly time: string;
}

type Told = Omit<Happening, 'name' | 'time'>;

/** The name under which a handler wants this; null where it does not. */
export function nameFor({ events }: HandlerWish, told: Told): string | null {
  const wanted = events.find((event) => isWanted(event, told));
  return wanted === undefined ? null : wanted.of === 'module' ? wanted.module : wanted.event;
}

/** Whether a handler may want something of this module: its events are read only then. */
export function mayWant({ events }: HandlerWish, module: ModuleName, topic: string): boolean {
  return events.some((event) =>
    event.of === 'module' ? event.module === module && topic.startsWith(event.topic) : event.of === 'membership' && module === MEMBERSHIP,
  );
}

function isWanted(wanted: WantedEvent, { module, topic, data }: Told): boolean {
  switch (wanted.of) {
    case 'node':
      return module === null && eventIn(data) === wanted.event;
    case 'membership':
      return module === MEMBERSHIP && eventIn(data) === wanted.event;
    case 'module':
      return module === wanted.module && topic.startsWith(wanted.topic);
  }
}

function eventIn(data: Json): unknown {
  return (Object(data) as { readonly event?: unknown }).event;
}

/** What a module published. A host may send anything: null for what is no JSON. */
export function toldBy(module: ModuleName, { topic, text }: PublishedEvent): Told | null {
  try {
    return { module, topic, data: readJson(text) as Json };
  } catch {
    return null;
  }
}

export function toldByNode(data: JsonObject): Told {
  return { module: null, topic: '', data };
}

/** One JSON document in one line. `lost`: so many events of the handler before it, which no program saw. */
export function documentOf({ name, module, topic, data, time }: Happening, { id, name: node }: Peer, lost: number): string {
  return `${JSON.stringify({ event: name, node: { id, name: node }, time, module, topic, lost, data })}\n`;
}

/** The name of a handler in logs and status. */
export function labelOf({ on, program }: HandlerWish): string {
  return safeText(`${on}=${program}`, MAX_TOLD);
}
