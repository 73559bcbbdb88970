/** What a node loads is what was agreed to: the list in docs/reports/node-closure.md. */
import { expect, test } from 'vitest';
import { changesSince, committedList, listOf, partsOfNode } from '../../scripts/closure.ts';

test("it has neither grown nor shrunk since the list was written; 'npm run closure' writes it anew", async () => {
  expect(changesSince(await committedList(), await partsOfNode())).toEqual([]);
});

test('what comes in, goes out or grows is told', () => {
  const part = (name: string, bytes: number, ...files: string[]) => ({ name, bytes, files });
  const list = listOf([part('src/core', 10_000, 'src/core/a.ts', 'src/core/b.ts'), part('old', 1_000, 'x')]);
  const parts = [part('src/core', 20_000, 'src/core/a.ts', 'src/core/c.ts'), part('new', 1_000, 'x')];
  expect(changesSince(list, parts)).toEqual([
    'new has come in',
    'src/core/c.ts has come in',
    'old has gone out',
    'src/core/b.ts has gone out',
    'src/core has grown to 20 kB',
    'all has grown to 21 kB',
  ]);
});
