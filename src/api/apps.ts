/**
 * The door for applications: its routes, and how events are written on it. Its paths have one spelling, as those between nodes have; a query is taken by `watch` alone.
 */
import type { Content } from '../model/content.ts';
import { parseModuleName } from '../model/names.ts';
import type { ModuleName } from '../model/names.ts';
import { MAX_TOPIC } from '../sdk/limits.ts';
import { HttpRefusal } from './refusal.ts';

/** The socket's name in the data directory, and that of the token of whoever comes over TCP. */
export const APP_SOCKET = 'app.sock';
export const APP_TOKEN = 'app.token';
/** What a Unix socket's path may have on every system that we run on: 107 bytes on Linux, 103 on macOS. */
export const MAX_SOCKET_PATH_BYTES = 103;

export const BYTES_TYPE = 'application/octet-stream';
export const EVENTS_TYPE = 'text/event-stream';

/** Whatever does not say that it is bytes is JSON: that is what the programs of most languages send unasked. */
export function formOf(contentType: string | undefined): Content['form'] {
  const [type = ''] = (contentType ?? '').split(';');
  return type.trim().toLowerCase() === BYTES_TYPE ? 'bytes' : 'json';
}

export function typeOf(form: Content['form']): string {
  return form === 'bytes' ? BYTES_TYPE : 'application/json';
}

/** A comment is sent so often where nothing else is: whoever hears nothing for three of them has lost the node. */
export const HEARTBEAT_MS = 15_000;

export type AppRoute =
  | { readonly name: 'request'; readonly module: ModuleName }
  | { readonly name: 'watch'; readonly module: ModuleName; readonly topic: string }
  | { readonly name: 'events' };

const MODULE_PATH = /^\/v1\/apps\/([^/]{1,128})\/(request|watch)$/;
const METHODS = { request: 'POST', watch: 'GET', events: 'GET' } as const;

/** What is asked, or an `HttpRefusal` that says what there is. `query`: without its question mark, empty where there is none. */
export function findAppRoute(method: string, path: string, query: string): AppRoute {
  const [, module = '', name = 'events'] = MODULE_PATH.exec(path) ?? [];
  if (module === '' && path !== '/v1/apps/events') throw new HttpRefusal(404, 'GOSSIP_E_NOT_FOUND', 'there is no such route');
  const wanted = METHODS[name as keyof typeof METHODS];
  if (method !== wanted) throw new HttpRefusal(405, 'GOSSIP_E_REQUEST', `this route is asked by ${wanted}`);
  if (query !== '' && name !== 'watch') throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', 'this route takes no query');
  if (name === 'events') return { name };
  const known = parseModuleName(module);
  return name === 'watch' ? { name, module: known, topic: topicIn(query) } : { name: 'request', module: known };
}

/** `topic=` and the beginning of the topics that are wanted, in percent-encoding. */
function topicIn(query: string): string {
  if (query === '') return '';
  return topicOf(/^topic=([^&=#]*)$/.exec(query)?.[1], 'query must be topic= and');
}

/** `text`: percent-encoded; undefined where it was not of its form. */
export function topicOf(text: string | undefined, must: string): string {
  const topic = decoded(text);
  if (topic !== null && topic.length > MAX_TOPIC) throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', longTopic(topic));
  if (topic !== null) return topic;
  throw new HttpRefusal(400, 'GOSSIP_E_REQUEST', `the ${must} the beginning of a topic, at most ${MAX_TOPIC} characters`);
}

export function longTopic(topic: string): string {
  return `the topic has ${topic.length} characters, and no topic has more than ${MAX_TOPIC}`;
}

function decoded(text: string | undefined): string | null {
  try {
    return text === undefined ? null : decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return null;
  }
}

/** Where a watcher is: in which stream, and the number of the last event that it had of it. Written `472806139952041-123`. */
export interface EventPlace {
  /** `originOf` its stream. */
  readonly origin: number;
  readonly number: number;
}

const PLACE = /^(\d{1,15})-(\d{1,15})$/;

/** Null for what is no place: that of another kind of server, or garbage. */
export function parsePlace(text: string): EventPlace | null {
  const [, origin, number] = PLACE.exec(text) ?? [];
  return origin === undefined || number === undefined ? null : { origin: Number(origin), number: Number(number) };
}

/** One event of a stream (WHATWG HTML, 9.2 server-sent events). `data`: JSON in one line. */
export function eventText(data: string, { id, name }: { readonly id?: string; readonly name?: string } = {}): string {
  return `${id === undefined ? '' : `id: ${id}\n`}${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`;
}
