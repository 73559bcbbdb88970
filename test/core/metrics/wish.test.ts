/** Where metrics are wanted, and in which format. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { formatFor } from '../../../src/core/metrics/accept.ts';
import { parseMetricsWish } from '../../../src/core/metrics/wish.ts';

test.each([
  ['127.0.0.1:9464', { listen: { host: '127.0.0.1', port: 9_464 } }],
  ['[::1]:0', { listen: { host: '::1', port: 0 } }],
  ['0.0.0.0:9464', { listen: { host: '0.0.0.0', port: 9_464 } }],
  ['/var/lib/node-exporter/gossip.prom', { file: '/var/lib/node-exporter/gossip.prom' }],
  ['a.prom', { file: resolve('a.prom') }],
])('%s is a place', (text, wish) => {
  expect(parseMetricsWish(text)).toEqual(wish);
});

test.each([
  '',
  '9464',
  ':9464',
  'localhost:9464',
  '127.0.0.1',
  '127.0.0.1:65536',
  'http://127.0.0.1:1',
  'metrics.txt',
  '.PROM',
  'fe80::1:1',
])("'%s' is none", (text) => {
  expect(() => parseMetricsWish(text)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_ADDRESS' }));
});

test.each([
  [undefined, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/html,*/*;q=0.8', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openmetrics'],
  ['Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=0.1,text/plain;q=0.9', 'text'],
  ['text/plain,application/openmetrics-text', 'openmetrics'],
  [`${','.repeat(5_000)};;;q=x`, 'text'],
])('Accept: %s', (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});
