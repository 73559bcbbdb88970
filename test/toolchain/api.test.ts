/** The committed API reference is that of the types as they are, and tells of all that the package exports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { wantedPage } from '../../scripts/api.ts';
import { ROOT } from '../../scripts/project.mjs';

const page = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8');

test("it is what 'npm run api' writes now", () => {
  expect(page).toBe(wantedPage());
});

test('every value that an entry exports is told, and every link leads somewhere', async () => {
  const headings = new Set([...page.matchAll(/^#{2,3} (\S+)$/gm)].map(([, name = '']) => name.replaceAll('/', '').toLowerCase()));
  const entries = ['sdk/index.ts', 'sdk/contract.ts', 'sdk/wasm.ts', 'client/index.ts'];
  const names = await Promise.all(entries.map(async (entry) => Object.keys((await import(join(ROOT, 'src', entry))) as object)));
  expect(names.flat().filter((name) => !headings.has(name.toLowerCase()))).toEqual([]);
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, to = '']) => to);
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter((to) => !headings.has(to))).toEqual([]);
});

test('nothing of the inside is told', () => {
  expect(page).not.toMatch(/#private|export declare|DoorCaller/);
});
