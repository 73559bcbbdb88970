/** What --join-from may say. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseSources } from '../../../src/core/discovery/wish.ts';

test('each kind of source', () => {
  expect(
    parseSources([
      'dns:gossip.internal',
      'dns:gossip:7947',
      'srv:example.org.',
      'srv:_other._tcp.example.org',
      'file:/etc/a:b',
      'exec:./find',
    ]),
  ).toEqual([
    { label: 'dns:gossip.internal', kind: 'dns', name: 'gossip.internal', port: null },
    { label: 'dns:gossip:7947', kind: 'dns', name: 'gossip', port: 7947 },
    { label: 'srv:example.org.', kind: 'srv', name: '_gossip._tcp.example.org.' },
    { label: 'srv:_other._tcp.example.org', kind: 'srv', name: '_other._tcp.example.org' },
    { label: 'file:/etc/a:b', kind: 'file', path: '/etc/a:b' },
    { label: 'exec:./find', kind: 'exec', program: resolve('find') },
  ]);
});

test('one that is given twice is asked once', () => {
  expect(parseSources(['dns:a', 'dns:a'])).toHaveLength(1);
});

test.each([
  ['gossip.internal', 'is no source'],
  ['dns:', 'is no source'],
  [':a', 'is no source'],
  ['DNS:a', 'begins with none of'],
  ['https://a', 'begins with none of'],
  ['dns:a b', 'is no name'],
  ['dns:-a', 'is no name'],
  [`dns:${'a'.repeat(64)}`, 'is no name'],
  [`dns:${'a.'.repeat(130)}`, 'is no name'],
  ['dns:[2001:db8::1]:7946', 'is no name'],
  ['dns:a:0', 'no port'],
  ['dns:a:65536', 'no port'],
  ['srv:a:7946', 'is no name'],
  ['srv:../a', 'is no name'],
  ['file:/a\0b', 'zero byte'],
])('%j is refused', (text, why) => {
  expect(() => parseSources([text])).toThrow(
    expect.objectContaining({ code: 'GOSSIP_E_JOIN_FROM', message: expect.stringContaining(why) }),
  );
});

test('a node has few of them', () => {
  expect(() => parseSources(Array.from({ length: 9 }, (_, index) => `dns:a${index}`))).toThrow('9 sources');
});
