/** Nodes in one line. */
import { expect, test } from 'vitest';
import { namesApart, namesOf } from '../../../src/operator/render/names.ts';

const node = (name: string, id: string) => ({ id: id.repeat(64), name, address: `127.0.0.1:${id.charCodeAt(0)}` });

test('names that several nodes bear go with the beginning of the id', () => {
  expect(namesOf([node('liar0', 'a'), node('liar1', 'b'), node('liar0', 'c')])).toBe('liar0 (aaaaaaaaaaaa), liar1, liar0 (cccccccccccc)');
  expect(namesApart([node('node1', 'a'), node('node1', 'a')]).map(({ name }) => name)).toEqual(['node1', 'node1']);
  expect(namesOf([node('', 'a'), node('', 'b')])).toBe('127.0.0.1:97, 127.0.0.1:98');
});

test('beyond six they are counted', () => {
  expect(namesOf('abcdefgh'.split('').map((id) => node(`node-${id}`, id)))).toBe(
    'node-a, node-b, node-c, node-d, node-e, node-f and 2 more',
  );
});
