/** `--check-config`: what would be in force and where it comes from, without secrets; whatever is wrong ends with one code. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkConfig } from '../../src/node/check-config.ts';
import { openSettings } from '../../src/operator/settings/settings.ts';
import { NODE_FLAGS } from '../../src/node/flags.ts';
import { readWords } from '../../src/node/words.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-check-config-'));
  for (const { env } of Object.values(NODE_FLAGS)) if (env !== undefined) vi.stubEnv(env, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

async function check(text: string, words: readonly string[] = [], json = true) {
  const file = join(directory, 'node.toml');
  await writeFile(file, text);
  const all = ['--config', file, ...words];
  const flags = readWords(all, process.env)?.flags;
  if (flags === undefined) throw new Error('the words were not read');
  return checkConfig({ flags, words: all }, json, () => openSettings({ GOSSIP_HOME: join(directory, 'home') }));
}

test('shows each value with its origin, and no password', async () => {
  vi.stubEnv('GOSSIP_QUOTA', '5');
  const text = 'name = "n1"\nproxy = "http://joe:SECRET@127.0.0.1:1"\ninterval = "1.5s"\napp-socket-mode = "660"\n';
  const { text: told, remarks } = await check(text, ['--listen', '127.0.0.1:0']);
  expect(told).not.toContain('SECRET');
  // It stands in a file, where others do not read it.
  expect(remarks).toEqual([]);
  const { ok, flags } = JSON.parse(told) as { ok: boolean; flags: Record<string, { value: unknown; origin: string }> };
  const said = Object.entries(flags).map(([name, { value, origin }]) => [name, value, origin]);
  expect(ok).toBe(true);
  expect(said.filter(([, , origin]) => origin !== 'default')).toEqual([
    ['config', join(directory, 'node.toml'), 'flag'],
    ['name', 'n1', 'file'],
    ['listen', '127.0.0.1:0', 'flag'],
    ['proxy', ['http://joe:***@127.0.0.1:1/'], 'file'],
    ['interval', '1500ms', 'file'],
    ['quota', 5, 'variable'],
    ['app-socket-mode', '660', 'file'],
  ]);
  const { text: table } = await check(text, [], false);
  expect(table).not.toContain('SECRET');
  expect(table).toMatch(/^quota +5 +GOSSIP_QUOTA$/m);
  expect(table).toMatch(/^modules +all +default$/m);
});

test('shows what a start would take where nobody says it: quota, data directory and name', async () => {
  const { text } = await check('found = true\n', [], false);
  expect(text).toMatch(/^quota +1024 +default$/m);
  expect(text).toMatch(/^data +.*home.nodes.[a-z0-9-]+ +default$/m);
  expect(text).toMatch(/^name +[a-z0-9-]+ +default$/m);
  expect((await check('name = "n7"\n', [], false)).text).toMatch(/^data +.*nodes.n7 +default$/m);
});

test('does not wait for a token that somebody would type', async () => {
  expect((await check('join = "-"')).text).toContain('"value": "-"');
});

test.each([
  ['a token that is none', 'join = "SECRET"', 'join: '],
  ['a token that is not there', 'join = "@absent"', 'join: '],
  ['a proxy that is none', 'proxy = "SECRET"', 'proxy: '],
  ['a program that is not there', '[on]\nalarm = "absent.sh"', 'on: '],
  ['an address that is none', 'listen = "nonsense"', 'listen: '],
  ['a module that is none', 'modules = ["A B"]', 'modules: '],
  ['two ways to begin', 'found = true\njoin = "-"', 'node.toml:1: found and '],
])('%s is refused with the code of a configuration, and shows no secret', async (_, text, words) => {
  const thrown: unknown = await check(text).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ exitCode: 2, message: expect.stringContaining(words) });
  expect(String(thrown)).not.toContain('SECRET');
});
