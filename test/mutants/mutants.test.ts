/** The list of mutants keeps up with the source: `npm run mutants` tries them, this only sees that they could be tried. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutated } from './mutation.ts';
import { MUTANTS } from './mutants.ts';
import { BUILT } from './rows.ts';

const project = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(project, path), 'utf8');

test.each(MUTANTS)('$name', ({ edits, test: { file, name } }) => {
  const sources = new Map(edits.map((edit) => [edit.file, read(join('src', edit.file))]));
  for (const edit of edits) sources.set(edit.file, mutated(sources.get(edit.file) ?? '', edit));
  expect(read(join('test', file))).toContain(name);
});

test('each has a name of its own', () => {
  const names = MUTANTS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('at least two stand against law %i', (law) => {
  expect(MUTANTS.filter(({ breaks }) => breaks.split(', ').includes(`law ${law}`)).length).toBeGreaterThanOrEqual(2);
});

test.each(BUILT)('at least one stands against attack %s', (row) => {
  expect(MUTANTS.filter(({ breaks }) => breaks.split(', ').includes(row))).not.toEqual([]);
});
