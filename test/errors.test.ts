/** Every error code is explained in docs/errors.md, none is explained that does not exist, and none exists that nothing raises. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../scripts/project.mjs';
import { ERRORS } from '../src/model/errors.ts';
import { errorReference } from '../src/operator/explain/error-reference.ts';

/** The list itself, and the table that gives each code its HTTP status: to stand there is not to be used. */
const LISTS = ['src/model/errors.ts', 'src/api/refusal.ts'];

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const codes = Object.entries(ERRORS).map(([code, { exit, advice }]) => ({ code, exit, advice: advice as string }));

const reference = await errorReference();

test('the documented codes are the existing ones, each once, with their exit codes', () => {
  const sorted = (list: readonly { code: string; exit: number }[]) => list.map(({ code, exit }) => `${code} ${exit}`).toSorted();
  expect(sorted(reference)).toEqual(sorted(codes));
});

test.each(reference)('$code has its meaning, its likely cause and what to do, each in one line', (entry) => {
  for (const part of [entry.means, entry.cause, entry.do]) expect(part).toMatch(/^\S.+\.$/);
  expect(entry.topic).not.toBe('');
});

test('advice is one sentence or two, for a terminal', () => {
  expect(codes.filter(({ advice }) => !/^[A-Z].{4,110}\.$/.test(advice))).toEqual([]);
});

describe('no code is dead', () => {
  const users = globSync('src/**/*.ts', { cwd: ROOT }).filter((path) => !LISTS.includes(path));
  const text = users.map(read).join('\n');

  test('every one is raised or told somewhere in src', () => {
    expect(codes.map(({ code }) => code).filter((code) => !new RegExp(`\\b${code}\\b`).test(text))).toEqual([]);
  });
});
