/**
 * The routes of a node: what nodes and operators' commands may ask, who may ask it, and how long question and answer may be (attacks A6,
 * C6, C14).
 */
import { MAX_CODE_BYTES, MAX_MANIFEST_BYTES } from '../model/manifest.ts';
import { MARK_BYTES } from '../sdk/carried.ts';
import { MAX_MESSAGE_BYTES } from '../sdk/limits.ts';
import { MAX_BUNDLE_BYTES, MAX_LIST_BYTES, MAX_LISTED_BYTES } from './bundle.ts';
import { MAX_LOG_QUESTION_BYTES } from './logs.ts';
import { MAX_PIECE_QUESTION_BYTES, MAX_PIECES_ANSWER_BYTES } from './pieces.ts';
import { MAX_REFUSAL_BYTES } from './refusal.ts';
import { MAX_STATE_ANSWER_BYTES } from './state.ts';

/** Largest message with records that a node takes, asked or answering: more than three times what it makes, for other versions may make more of it. */
export const MAX_CONFIGURATION_BYTES = 4 * 1024 * 1024;
/** An admission with its delegation has some 2 KiB. */
export const MAX_HELLO_BYTES = 32 * 1024;
/** A manifest, and a record with its signatures; written with more spaces than needed. */
export const MAX_ANNOUNCEMENT_BYTES = 2 * 1024 * 1024;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Parts that begin with a colon are parameters. */
  readonly path: string;
  readonly maxBodyBytes: number;
  /** Of a success; a refusal has its own limit. */
  readonly maxAnswerBytes: number;
  /** Strangers may ask it, too: that is how they introduce themselves. */
  readonly open?: true;
  /** Only operators may ask, who show a warrant: of a key that may deploy, or for `observe` of one that may observe, too. */
  readonly operator?: 'observe' | 'deploy';
  /** The handler is given the body as it arrives, instead of the whole of it. */
  readonly streamBody?: true;
}

export const ROUTES = Object.freeze({
  exchange: {
    method: 'POST',
    path: '/v1/modules/:module/exchange',
    maxBodyBytes: MAX_MESSAGE_BYTES + MARK_BYTES,
    // Records, where the two run different deployments.
    maxAnswerBytes: MAX_CONFIGURATION_BYTES,
  },
  'exchange-configuration': {
    method: 'POST',
    path: '/v1/configuration',
    maxBodyBytes: MAX_CONFIGURATION_BYTES,
    maxAnswerBytes: MAX_CONFIGURATION_BYTES,
  },
  hello: { method: 'POST', path: '/v1/hello', maxBodyBytes: MAX_HELLO_BYTES, maxAnswerBytes: MAX_HELLO_BYTES, open: true },
  // What is missing is named by hashes that stood in the manifest.
  deployment: { method: 'POST', path: '/v1/deployments', maxBodyBytes: MAX_ANNOUNCEMENT_BYTES, maxAnswerBytes: MAX_ANNOUNCEMENT_BYTES },
  'put-blob': { method: 'PUT', path: '/v1/code/:hash/blobs/:sha256', maxBodyBytes: MAX_CODE_BYTES, maxAnswerBytes: 0, streamBody: true },
  bundle: { method: 'GET', path: '/v1/code/:hash/bundle', maxBodyBytes: 0, maxAnswerBytes: MAX_BUNDLE_BYTES },
  files: { method: 'POST', path: '/v1/code/:hash/files', maxBodyBytes: MAX_LIST_BYTES, maxAnswerBytes: MAX_LISTED_BYTES },
  pieces: {
    method: 'POST',
    path: '/v1/code/:hash/pieces',
    maxBodyBytes: MAX_PIECE_QUESTION_BYTES,
    maxAnswerBytes: MAX_PIECES_ANSWER_BYTES,
  },
  manifest: { method: 'GET', path: '/v1/code/:hash/manifest', maxBodyBytes: 0, maxAnswerBytes: MAX_MANIFEST_BYTES },
  blob: { method: 'GET', path: '/v1/code/:hash/blobs/:sha256', maxBodyBytes: 0, maxAnswerBytes: MAX_CODE_BYTES },
  // A hundred modules that print without end.
  status: { method: 'GET', path: '/v1/status', maxBodyBytes: 0, maxAnswerBytes: 16 * 1024 * 1024 },
  // What a rollout asks again and again: one module, nobody else.
  'module-status': { method: 'GET', path: '/v1/modules/:module/status', maxBodyBytes: 0, maxAnswerBytes: 64 * 1024 },
  // Some 4,000 records of the longest, or many more of the usual ones.
  configuration: { method: 'GET', path: '/v1/configuration', maxBodyBytes: 0, maxAnswerBytes: 64 * 1024 * 1024 },
  admission: { method: 'GET', path: '/v1/admissions/:id', maxBodyBytes: 0, maxAnswerBytes: 0 },
  // Its answer has an end where it is not followed, and is written as it is read.
  logs: { method: 'POST', path: '/v1/logs', maxBodyBytes: MAX_LOG_QUESTION_BYTES, maxAnswerBytes: 0, operator: 'observe' },
  inspect: { method: 'GET', path: '/v1/modules/:module/inspect', maxBodyBytes: 0, maxAnswerBytes: MAX_MESSAGE_BYTES },
  // The whole state of an instance, in which there may be secrets: what a module shows by itself, it chooses.
  state: { method: 'GET', path: '/v1/modules/:module/state', maxBodyBytes: 0, maxAnswerBytes: MAX_STATE_ANSWER_BYTES, operator: 'deploy' },
  // The door for applications, from afar.
  request: {
    method: 'POST',
    path: '/v1/apps/:module/request',
    maxBodyBytes: MAX_MESSAGE_BYTES,
    maxAnswerBytes: MAX_MESSAGE_BYTES,
    operator: 'observe',
  },
  // Streams, which have no end.
  watch: { method: 'GET', path: '/v1/apps/:module/watch', maxBodyBytes: 0, maxAnswerBytes: 0, operator: 'observe' },
  events: { method: 'GET', path: '/v1/apps/events', maxBodyBytes: 0, maxAnswerBytes: 0, operator: 'observe' },
} as const satisfies Record<string, Route>);

export type RouteName = keyof typeof ROUTES;
export type RouteTable = Readonly<Record<RouteName, Route>>;

type ParameterOf<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? Name | ParameterOf<`/${More}`>
    : Rest
  : never;
type ParametersOf<Name extends RouteName> = Readonly<Record<ParameterOf<(typeof ROUTES)[Name]['path']>, string>>;

/** What a caller sends to a route, and takes of its answer at most. */
export interface RouteCall {
  readonly method: Route['method'];
  readonly path: string;
  readonly maxBytes: number;
}

export function callTo<Name extends RouteName>(
  name: Name,
  ...[parameters]: keyof ParametersOf<Name> extends never ? [] : [ParametersOf<Name>]
): RouteCall {
  const { method, path, maxAnswerBytes }: Route = ROUTES[name];
  const filled = path.replace(/:(\w+)/g, (_, parameter: string) => (parameters as Readonly<Record<string, string>>)[parameter] ?? '');
  return { method, path: filled, maxBytes: Math.max(maxAnswerBytes, MAX_REFUSAL_BYTES) };
}

/** Parameters are plain words; nothing is decoded, so that a path has one spelling (attack C10). */
const PARAMETER = '(?<$1>[A-Za-z0-9][A-Za-z0-9:._-]{0,127})';
const PATTERNS = Object.entries(ROUTES).map(
  ([name, { path }]) => [name as RouteName, new RegExp(`^${path.replace(/:(\w+)/g, PARAMETER)}$`)] as const,
);

export interface Match {
  readonly name: RouteName;
  readonly route: Route;
  readonly parameters: ReadonlyMap<string, string>;
}

export function findRoute(method: string, path: string, routes: RouteTable = ROUTES): Match | null {
  for (const [name, pattern] of PATTERNS) {
    const found = routes[name].method === method ? pattern.exec(path) : null;
    if (found) return { name, route: routes[name], parameters: new Map(Object.entries(found.groups ?? {})) };
  }
  return null;
}
