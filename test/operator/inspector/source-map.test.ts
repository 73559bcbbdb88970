/** Debuggers are told where the author's sources are. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withSourceMap } from '../../../src/operator/inspector/source-map.ts';

let home: string;
let remarks: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-maps-'));
  remarks = [];
  for (const directory of ['project/src', 'checkout']) await mkdir(join(home, directory), { recursive: true });
  await writeFile(join(home, 'project/src/index.ts'), '');
});

afterEach(() => rm(home, { recursive: true }));

const urlOf = (path: string): string => pathToFileURL(join(home, path)).href;

function told(sourceMapURL: string, url = urlOf('project/dist/index.cjs')): string {
  return JSON.stringify({
    method: 'Debugger.scriptParsed',
    params: { scriptId: '7', url, sourceMapURL, embedderName: join(home, 'checkout/index.cjs') },
  });
}

/** The map in what is passed on. */
function mapIn(message: string): unknown {
  const project = { directory: join(home, 'project'), output: join(home, 'project/dist') };
  const passed = withSourceMap(message, project, (why) => remarks.push(why));
  const { params } = JSON.parse(passed) as { params: { scriptId: string; sourceMapURL: string } };
  expect(params.scriptId).toBe('7');
  const [, text] = /^data:application\/json;base64,(.*)$/.exec(params.sourceMapURL) ?? [];
  return text === undefined ? passed === message : JSON.parse(Buffer.from(text, 'base64').toString());
}

test.each([
  ['as seen from the map', { sources: ['../src/index.ts'] }],
  ['as seen from the project', { sources: ['src/index.ts'] }],
  ['below a root', { sourceRoot: '../src', sources: ['index.ts'] }],
])('the map beside the code that runs, with sources %s', async (_how, map) => {
  await writeFile(join(home, 'checkout/index.cjs.map'), JSON.stringify({ version: 3, mappings: 'AAAA', ...map }));
  expect(mapIn(told('index.cjs.map'))).toEqual({ version: 3, mappings: 'AAAA', sources: [urlOf('project/src/index.ts')] });
  expect(remarks).toEqual([]);
});

test('a map within the code, and sources that have a URL or none', () => {
  const map = { version: 3, mappings: '', sources: ['../src/index.ts', 'webpack://x/y.ts', null] };
  const sources = [urlOf('project/src/index.ts'), 'webpack://x/y.ts', null];
  const base64 = Buffer.from(JSON.stringify(map)).toString('base64');
  expect(mapIn(told(`data:application/json;charset=utf-8;base64,${base64}`))).toEqual({ ...map, sources });
  expect(mapIn(told(`data:application/json,${encodeURIComponent(JSON.stringify(map))}`))).toEqual({ ...map, sources });
});

test('a map that is not there, or is none, leaves the built code, and is told', async () => {
  expect(mapIn(told('index.cjs.map'))).toBe(true);
  await writeFile(join(home, 'checkout/index.cjs.map'), 'none');
  expect(mapIn(told('index.cjs.map'))).toBe(true);
  expect(remarks).toEqual([expect.stringContaining('ENOENT'), expect.stringContaining('index.cjs cannot be read')]);
});

test('what is no script of the module passes as it is', () => {
  expect(mapIn(told('index.cjs.map', 'node:internal/x'))).toBe(true);
  expect(mapIn(told(''))).toBe(true);
  const other = '{"id":1,"result":{"text":"\\"Debugger.scriptParsed\\""}}';
  expect(withSourceMap(other, { directory: home, output: home }, () => undefined)).toBe(other);
  expect(remarks).toEqual([]);
});
