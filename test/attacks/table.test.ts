/** docs/attacks.md keeps up with source and tests: every row that is built is there, and all that it names exists. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from '../mutants/mutants.ts';
import { BUILT } from '../mutants/rows.ts';

const project = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(project, path), 'utf8');

interface Row {
  readonly row: string;
  readonly defence: readonly string[];
  readonly tests: readonly string[];
}

const TABLE: readonly Row[] = read('docs/attacks.md')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 7 && /^[A-D]\d+$/.test(cells[1] ?? ''))
  .map(([, row = '', , defence = '', shown = '', without = '']) => ({
    row,
    defence: [...defence.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
    tests: [shown, without],
  }));

/** Whether a cell names a mutant of the list, or a test or group of tests that its file has under exactly that name. */
function exists(cell: string): boolean {
  const mutant = /^mutant: (.+)$/.exec(cell)?.[1];
  if (mutant !== undefined) return MUTANTS.some(({ name }) => name === mutant);
  const [, file = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(cell) ?? [];
  const path = join('test', `${file}.test.ts`);
  // A title is the first argument: after the bracket, or on a line of its own.
  const titled = ["'", '"', '`'].map((quote) => new RegExp(`(?:\\(|\\n\\s*)${RegExp.escape(`${quote}${name}${quote}`)},`));
  return existsSync(join(project, path)) && titled.some((title) => title.test(read(path)));
}

test('the table has every attack that is built against, and no other', () => {
  expect([...new Set(TABLE.map(({ row }) => row))]).toEqual(BUILT);
});

test.each(TABLE)('what row $row names exists: $tests', ({ defence, tests }) => {
  expect({
    tests: tests.filter((cell) => !exists(cell)),
    sources: defence.filter((path) => !existsSync(join(project, 'src', path))),
  }).toEqual({
    tests: [],
    sources: [],
  });
  expect(defence).not.toEqual([]);
});

test('a test that is not there is missed', () => {
  expect(['`attacks/replay`: a name that no test has', '`attacks/nowhere`: it', 'mutant: none', 'in words'].filter(exists)).toEqual([]);
});
