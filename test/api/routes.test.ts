/** The route table. */
import { expect, test } from 'vitest';
import { callTo, findRoute, ROUTES } from '../../src/api/routes.ts';

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
  ['GET', '/v1/modules/registry/status', 'module-status', { module: 'registry' }],
  ['GET', '/v1/admissions/00ff', 'admission', { id: '00ff' }],
  ['GET', '/v1/modules/registry/inspect', 'inspect', { module: 'registry' }],
])('%s %s is the route %s', (method, path, name, parameters) => {
  const match = findRoute(method, path);
  expect([match?.name, Object.fromEntries(match?.parameters ?? [])]).toEqual([name, parameters]);
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
  expect(findRoute(method, path)).toBeNull();
});

test('a call goes to the route that it names, and takes as much of the answer as that may give, or of a refusal', () => {
  const call = callTo('blob', { hash: HASH, sha256: HASH });
  expect(call).toEqual({ method: 'GET', path: `/v1/code/${HASH}/blobs/${HASH}`, maxBytes: ROUTES.blob.maxAnswerBytes });
  expect(findRoute(call.method, call.path)).toMatchObject({
    name: 'blob',
    parameters: new Map(Object.entries({ hash: HASH, sha256: HASH })),
  });
  expect(callTo('admission', { id: '00ff' })).toEqual({ method: 'GET', path: '/v1/admissions/00ff', maxBytes: 16 * 1024 });
});
