/** Values by keys: whoever has seen up to a version is told what is newer, once, and in its last form. */
import { expect, it } from 'vitest';
import { Board } from '../../../src/operator/dashboard/board.ts';

it('tells what is newer than a version, and the last of many changes alone', () => {
  const board = new Board();
  board.set('a', 1);
  board.set('b', 1);
  const { version } = board;
  board.set('a', 2);
  board.set('a', 3);
  board.set('b', 1);
  expect(board.since(version)).toEqual({ whole: false, entries: [['a', 3]] });
  expect(board.since(0)).toEqual({
    whole: true,
    entries: [
      ['b', 1],
      ['a', 3],
    ],
  });
  expect(board.since(board.version).entries).toEqual([]);
});

it('tells what is gone, until it is there again', () => {
  const board = new Board();
  board.set('node 1', 1);
  board.set('node 2', 1);
  board.set('other', 1);
  const { version } = board;
  board.replace('node ', new Map([['node 2', 2]]));
  expect(board.since(version).entries).toEqual([
    ['node 1', null],
    ['node 2', 2],
  ]);
  expect(board.keys('node ')).toEqual(['node 2']);
  board.set('node 1', 3);
  expect(board.since(version).entries).toEqual([
    ['node 2', 2],
    ['node 1', 3],
  ]);
});

it('tells everything anew to whoever has missed more than it remembers', () => {
  const board = new Board();
  board.set('kept', 1);
  const { version } = board;
  for (let number = 0; number < 5_000; number += 1) {
    board.set(`event ${number}`, number);
    board.delete(`event ${number}`);
  }
  expect(board.since(version)).toEqual({ whole: true, entries: [['kept', 1]] });
});

it('makes every text safe to show, however deep, and leaves markup the text that it is', () => {
  const board = new Board();
  board.set('node 1', { name: '<img src=x onerror=alert(1)>', list: [{ why: 'a\u202eb\u0007' }], long: 'x'.repeat(5_000) });
  expect(board.since(0).entries).toEqual([
    ['node 1', { name: '<img src=x onerror=alert(1)>', list: [{ why: 'a\\u202eb\\u0007' }], long: `${'x'.repeat(4_096)}…` }],
  ]);
});
