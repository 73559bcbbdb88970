/** What differs between two states is named field by field, and bounded. */
import { expect, it } from 'vitest';
import { stateOf } from '../../../src/model/state-bytes.ts';
import { compareStates } from '../../../src/operator/module/compare-states.ts';
import { carry } from '../../../src/sdk/carried.ts';

const differences = (before: unknown, after: unknown, max = 10) =>
  compareStates(stateOf(JSON.stringify(before)), stateOf(JSON.stringify(after)), max).map(
    ({ kind, path, before: was, after: is }) => `${kind} ${path}: ${was} ${is}`,
  );

it('tells lost, added and changed fields by their places', () => {
  const before = { a: 1, list: [1, { b: 'x' }, 3], gone: { c: 1 }, 'odd key': null };
  const after = { list: [1, { b: 'y' }], a: 1, 'odd key': 0, came: [1], constructor: 'own' };
  expect(differences(before, after)).toEqual([
    'changed list[1].b: "x" "y"',
    'lost list[2]: 3 null',
    'lost gone: {1 field} null',
    'changed ["odd key"]: null 0',
    'added came: null [1 value]',
    'added constructor: null "own"',
  ]);
});

it('does not mind the order of fields, nor spaces', () => {
  expect(compareStates(stateOf('{"a":1,"b":[]}'), stateOf('{ "b": [], "a": 1 }'), 10)).toEqual([]);
});

it('tells other kinds of values as changed', () => {
  expect(differences({ a: [] }, { a: {} })).toEqual(['changed a: [0 values] {0 fields}']);
  expect(differences({ a: null }, { a: {} })).toEqual(['changed a: null {0 fields}']);
});

it('is bounded in what it finds and shows, however large, long or deep a state is', () => {
  const many = Array.from({ length: 200_000 }, (_, index) => index);
  expect(differences(many, [], 3)).toEqual(['lost [0]: 0 null', 'lost [1]: 1 null', 'lost [2]: 2 null']);
  expect(differences({ a: 'x'.repeat(1_000) }, { a: 'y' })[0]).toMatch(/^changed a: "x{59}… \(1002 characters\) "y"$/);
  const deep = (end: string) => stateOf(`${'['.repeat(5_000)}${end}${']'.repeat(5_000)}`);
  expect(compareStates(deep('1'), deep('2'), 10)).toMatchObject([
    { kind: 'changed', path: `…${'[0]'.repeat(67).slice(1)}`, before: '1', after: '2' },
  ]);
});

it('compares what is no JSON as a whole, and bytes with nothing but bytes', () => {
  expect(compareStates(stateOf('a:1'), stateOf('a:2'), 10)).toMatchObject([{ path: '', before: '"a:1"', after: '"a:2"' }]);
  const bytes = [carry(Buffer.from('{}'))];
  expect(compareStates(bytes, [carry(Buffer.from('{')), Buffer.from('}')], 10)).toEqual([]);
  expect(compareStates(stateOf('{}'), bytes, 10)).toMatchObject([{ before: '2 bytes of text', after: '2 bytes of bytes' }]);
});
