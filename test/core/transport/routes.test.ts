/** The route table. */
import { expect, test } from 'vitest';
import { findRoute, ROUTES } from '../../../src/core/transport/server/routes.ts';

const HASH = `sha256:${'0'.repeat(64)}`;

test.each([
  ['POST', '/v1/modules/membership/exchange', 'exchange', { module: 'membership' }],
  ['POST', '/v1/configuration', 'exchange-configuration', {}],
  ['GET', '/v1/configuration', 'configuration', {}],
  ['POST', '/v1/hello', 'hello', {}],
  ['POST', '/v1/deployments', 'deployment', {}],
  ['GET', `/v1/code/${HASH}/manifest`, 'manifest', { hash: HASH }],
  ['GET', `/v1/code/${HASH}/blobs/${HASH}`, 'blob', { hash: HASH, sha256: HASH }],
  ['PUT', `/v1/code/${HASH}/blobs/${HASH}`, 'put-blob', { hash: HASH, sha256: HASH }],
  ['GET', '/v1/status', 'status', {}],
  ['GET', '/v1/admissions/00ff', 'admission', { id: '00ff' }],
  ['GET', '/v1/modules/registry/inspect', 'inspect', { module: 'registry' }],
])('%s %s is the route %s', (method, path, name, parameters) => {
  const match = findRoute(ROUTES, method, path);
  expect([match?.route.name, Object.fromEntries(match?.parameters ?? [])]).toEqual([name, parameters]);
});

test.each([
  ['GET', '/'],
  ['GET', '/v1'],
  ['GET', '/v1/status/'],
  ['GET', '//v1/status'],
  ['DELETE', '/v1/status'],
  ['get', '/v1/status'],
  ['POST', '/v1/modules//exchange'],
  ['POST', '/v1/modules/../exchange'],
  ['POST', '/v1/modules/.hidden/exchange'],
  ['POST', `/v1/modules/${'a'.repeat(129)}/exchange`],
  ['POST', '/v1/modules/a b/exchange'],
  ['POST', '/v1/modules/a%2fb/exchange'],
  ['POST', '/v1/modules/:module/exchange'],
])('%s %s is not found', (method, path) => {
  expect(findRoute(ROUTES, method, path)).toBeNull();
});
