/** The routes of a node, and how much each may be sent (attack C6). Everything else is not found. */
import { MAX_CONFIGURATION_BYTES } from '../../../gossip/cut.ts';
import { MAX_CODE_BYTES } from '../../../model/manifest.ts';
import { MAX_MESSAGE_BYTES } from '../../../sdk/limits.ts';

export type RouteName =
  | 'exchange'
  | 'exchange-configuration'
  | 'hello'
  | 'manifest'
  | 'blob'
  | 'deployment'
  | 'put-blob'
  | 'status'
  | 'configuration'
  | 'inspect'
  | 'admission';

export interface Route {
  readonly name: RouteName;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Parts that begin with a colon are parameters. */
  readonly pattern: string;
  readonly maxBodyBytes: number;
  /** The handler is given the body as it arrives, instead of the whole of it. */
  readonly streamBody?: true;
}

export const ROUTES: readonly Route[] = Object.freeze([
  { name: 'exchange', method: 'POST', pattern: '/v1/modules/:module/exchange', maxBodyBytes: MAX_MESSAGE_BYTES },
  { name: 'exchange-configuration', method: 'POST', pattern: '/v1/configuration', maxBodyBytes: MAX_CONFIGURATION_BYTES },
  { name: 'hello', method: 'POST', pattern: '/v1/hello', maxBodyBytes: 32 * 1024 },
  { name: 'deployment', method: 'POST', pattern: '/v1/deployments', maxBodyBytes: 2 * 1024 * 1024 },
  { name: 'put-blob', method: 'PUT', pattern: '/v1/code/:hash/blobs/:sha256', maxBodyBytes: MAX_CODE_BYTES, streamBody: true },
  { name: 'manifest', method: 'GET', pattern: '/v1/code/:hash/manifest', maxBodyBytes: 0 },
  { name: 'blob', method: 'GET', pattern: '/v1/code/:hash/blobs/:sha256', maxBodyBytes: 0 },
  { name: 'status', method: 'GET', pattern: '/v1/status', maxBodyBytes: 0 },
  { name: 'configuration', method: 'GET', pattern: '/v1/configuration', maxBodyBytes: 0 },
  { name: 'admission', method: 'GET', pattern: '/v1/admissions/:id', maxBodyBytes: 0 },
  { name: 'inspect', method: 'GET', pattern: '/v1/modules/:module/inspect', maxBodyBytes: 0 },
]);

export interface Match {
  readonly route: Route;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Parameters are plain words; nothing is decoded, so that a path has one spelling (attack C10). */
const PARAMETER = /^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$/;

export function findRoute(routes: readonly Route[], method: string, path: string): Match | null {
  const parts = path.split('/');
  for (const route of routes) {
    const parameters = route.method === method ? match(route.pattern.split('/'), parts) : null;
    if (parameters) return { route, parameters };
  }
  return null;
}

function match(pattern: readonly string[], parts: readonly string[]): ReadonlyMap<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const parameters = new Map<string, string>();
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (!expected.startsWith(':')) {
      if (part !== expected) return null;
    } else if (PARAMETER.test(part)) {
      parameters.set(expected.slice(1), part);
    } else {
      return null;
    }
  }
  return parameters;
}
