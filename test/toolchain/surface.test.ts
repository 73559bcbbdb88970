/** What users and programs rely on of the command line changes only on purpose. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT_CODES } from '../../scripts/exit-codes.ts';
import { ROOT } from '../../scripts/project.mjs';
import { committedSchemas, wantedSurface } from '../../scripts/surface.ts';

test("the command line is that of docs/surface.txt; to accept a change run 'npm run surface', and look at the difference", async () => {
  const committed = readFileSync(join(ROOT, 'docs', 'surface.txt'), 'utf8').split('\n');
  const now = (await wantedSurface(await committedSchemas())).split('\n');
  const [before, after] = [new Set(committed), new Set(now)];
  expect({ lost: committed.filter((line) => !after.has(line)), added: now.filter((line) => !before.has(line)) }).toEqual({
    lost: [],
    added: [],
  });
  expect(committed).toEqual(now);
});

test('the table of exit codes in docs/errors.md has those that the commands have', () => {
  const rows = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8').matchAll(/^\| ([\d, ]+) \|/gm);
  const told = [...rows].flatMap(([, codes = '']) => codes.split(',').map(Number)).toSorted((a, b) => a - b);
  expect(told).toEqual(EXIT_CODES.map(({ code }) => code));
});
