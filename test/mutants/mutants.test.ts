/** The list of mutants keeps up with the source: `npm run mutants` tries them, this only sees that they could be tried. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutated, sourceOf, sourcesOf } from './mutation.ts';
import { MUTANTS } from './mutants.ts';
import { BUILT } from './rows.ts';
import { parse } from './syntax.ts';
import { testFileOf } from './test-file.ts';

const project = join(import.meta.dirname, '../..');
const sources = [...(await sourcesOf(project)), await sourceOf(project, '../bin/gossip')];

test.each(MUTANTS)('$name', (mutant) => {
  let present = sources;
  for (const edit of mutant.edits) {
    const changed = mutated(present, edit);
    const before = present.find(({ file }) => file === changed.file);
    expect(changed.text).not.toBe(before?.text);
    if (changed.file.endsWith('.ts')) parse(changed.file, changed.text);
    present = present.map((source) => (source === before ? changed : source));
  }
  expect(testFileOf(mutant)).toMatch(/\.test\.ts$/);
});

test('each has a name of its own', () => {
  const names = MUTANTS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('at least two stand against law %i', (law) => {
  expect(MUTANTS.filter(({ breaks }) => breaks.split(', ').includes(`law ${law}`)).length).toBeGreaterThanOrEqual(2);
});

test.each(BUILT)('at least one stands against attack %s', (row) => {
  expect(MUTANTS.filter(({ breaks }) => breaks.split(', ').includes(row))).not.toEqual([]);
});
