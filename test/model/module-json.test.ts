import { expect, test } from 'vitest';
import { MAX_MODULE_JSON_BYTES, parseModuleJson } from '../../src/model/module-json.ts';

const SMALLEST = { name: 'counter', version: '1.0.0', entry: 'index.js', api: 1 };
const parse = (changes: Record<string, unknown>) => parseModuleJson(JSON.stringify({ ...SMALLEST, ...changes }));

test('the four required fields are enough; the rest has defaults', () => {
  expect(parse({})).toEqual({ ...SMALLEST, limits: { heapMb: 128, residentMb: 256, logLinesPerSecond: 100 }, uses: [], description: '' });
});

test('a byte order mark is named: not every release would read over it', () => {
  expect(() => parseModuleJson(`\ufeff${JSON.stringify(SMALLEST)}`)).toThrow(
    'module.json: begins with a byte order mark: save it as UTF-8 without one',
  );
});

test('all fields may be given', () => {
  const limits = { heapMb: 4096, residentMb: 16384, logLinesPerSecond: 1 };
  const given = {
    version: 'β 2 (candidate)',
    entry: 'lib/deep/main.mjs',
    limits,
    uses: ['registry', 'membership'],
    description: 'Counts.',
  };
  expect(parse(given)).toEqual({ ...SMALLEST, ...given });
});

test('a larger heap raises the default of all memory with it', () => {
  expect(parse({ limits: { heapMb: 64 } }).limits.residentMb).toBe(256);
  expect(parse({ limits: { heapMb: 1_000 } }).limits.residentMb).toBe(1_128);
});

test.each([
  ['name', ['', 'Counter', '1counter', 'a'.repeat(41), 'constructor', '__proto__', 'a/b', 5, null, undefined]],
  ['version', ['', 'x'.repeat(65), 'a\nb', '\u001b[2J', 'a\u2028b', '\ud800', 1, null, undefined]],
  [
    'entry',
    [
      '',
      'index',
      'index.ts',
      '.js',
      './index.js',
      '../index.js',
      '/index.js',
      'a//b.js',
      'a/../b.js',
      'lib/.x.js',
      'a\\b.js',
      'a b.js',
      'index.js\n',
      `${'a'.repeat(510)}.js`,
      'https://x.y/z.js',
      1,
      undefined,
    ],
  ],
  ['api', [0, 2, '1', null, undefined]],
  ['description', ['x'.repeat(1_025), 'a\u0000b', 1, null]],
  ['uses', ['registry', {}, null, ['registry', 'registry'], ['counter'], Array.from({ length: 17 }, (_, at) => `m${at}`)]],
  ['uses.0', [['Registry'], [5], ['constructor'], [null]]],
  ['limits', [5, 'none', null, { heapMb: 300, residentMb: 200 }]],
  ['limits.heapMb', [{ heapMb: 15 }, { heapMb: 4_097 }, { heapMb: 128.5 }, { heapMb: '128' }, { heapMb: null }]],
  ['limits.residentMb', [{ residentMb: 31 }, { residentMb: 16_385 }, { residentMb: -1 }]],
  ['limits.logLinesPerSecond', [{ logLinesPerSecond: 0 }, { logLinesPerSecond: 10_001 }]],
  ['limits.cpus', [{ cpus: 2 }]],
] as [string, unknown[]][])('%s: what it may not be is refused by name', (field, values) => {
  for (const value of values) {
    const [top = ''] = field.split('.');
    const text = JSON.stringify({ ...SMALLEST, [top]: value });
    expect(() => parseModuleJson(text), `taken: ${text}`).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_MODULE_JSON', message: expect.stringContaining(`'${field}'`) }),
    );
  }
});

test.each(['main', 'dependencies', 'constructor', 'toString', '__proto__', 'prototype', '\u001b[2J'])(
  'the unknown field %j is refused',
  (field) => {
    const text = `{"name":"counter","version":"1","entry":"index.js","api":1,${JSON.stringify(field)}:{}}`;
    expect(() => parseModuleJson(text)).toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_MODULE_JSON', message: expect.not.stringContaining('\u001b') }),
    );
  },
);

test.each([
  '',
  '{',
  'null',
  '[]',
  '5',
  '"text"',
  '{"name":}',
  '\ufeff{}',
  'x'.repeat(MAX_MODULE_JSON_BYTES + 1),
  '['.repeat(MAX_MODULE_JSON_BYTES),
])('what is no object of JSON is refused: %.20s', (text) => {
  expect(() => parseModuleJson(text)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_MODULE_JSON' }));
});
