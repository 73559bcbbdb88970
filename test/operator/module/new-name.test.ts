/** A name for a new module is taken, or refused with what is wrong and a name that would do. */
import { expect, test } from 'vitest';
import { isModuleName } from '../../../src/model/names.ts';
import { parseNewName } from '../../../src/operator/module/new-name.ts';

test.each([
  'a',
  'counter',
  'x-1',
  'a--b',
  'promise-',
  'map',
  'object',
  'fs',
  'process',
  'node-test',
  'gossip',
  'class',
  'eval',
  'json',
  'z'.repeat(40),
])('%s is taken as it is', (name) => {
  expect(parseNewName(name)).toBe(name);
});

test.each<[name: string, why: string, suggestion: string | null]>([
  ['', 'it is empty', null],
  ['@acme/counter', 'modules have no scope, unlike packages of npm', 'counter'],
  ['@acme/Page_Views', 'modules have no scope', 'page-views'],
  ['@/x', 'modules have no scope', 'x'],
  ['modules/counter', 'it is a path', 'counter'],
  ['../counter', 'it is a path', 'counter'],
  ['C:\\counter', 'it is a path', 'counter'],
  ['Counter', 'it begins with a capital letter', 'counter'],
  ['pageViews', 'it holds a capital letter', 'page-views'],
  ['page_views', "it holds '_'", 'page-views'],
  ['page views', "it holds ' '", 'page-views'],
  ['page.views', "it holds '.'", 'page-views'],
  ['3d', 'it begins with a digit', 'd'],
  ['-x', 'it begins with no letter from a to z', 'x'],
  ['_', 'it begins with no letter from a to z', null],
  ['.', 'it begins with no letter from a to z', null],
  ['node:fs', "it holds ':'", 'node-fs'],
  ['constructor', 'every object of JavaScript has something of that name', null],
  ['__proto__', 'it begins with no letter from a to z', 'proto'],
  ['zähler', "it holds 'ä'", 'zahler'],
  ['計数', 'it begins with no letter from a to z', null],
  ['a\u001b[2J', 'it holds', 'a-2-j'],
  ['a\nb', 'it holds', 'a-b'],
  ['x'.repeat(41), 'it has 41 characters', 'x'.repeat(40)],
  ['y'.repeat(200), 'it has 200 characters', 'y'.repeat(40)],
])('%j is refused', (name, why, suggestion) => {
  let refusal: unknown;
  try {
    parseNewName(name);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ code: 'GOSSIP_E_MODULE_NAME', message: expect.stringContaining(why) as string });
  const { message, advice } = refusal as { message: string; advice: string };
  expect(`${message}${advice}`).toMatch(/^\P{Cc}*$/u);
  expect(message.length).toBeLessThan(250);
  expect(advice).toBe(
    `A name is a lower-case letter, then at most 39 lower-case letters (a to z), digits or dashes${suggestion === null ? '' : `, such as '${suggestion}'`}.`,
  );
  expect(suggestion === null || isModuleName(suggestion)).toBe(true);
});
