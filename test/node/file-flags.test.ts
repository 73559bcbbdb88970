/** A node's configuration file: what its keys mean, what is refused and in which words, and what stands above it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GossipError } from '../../src/model/errors.ts';
import { readFileFlags } from '../../src/node/file-flags.ts';
import { NODE_FLAGS } from '../../src/node/flags.ts';
import { inForce } from '../../src/node/in-force.ts';
import { readWords } from '../../src/node/words.ts';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'gossip-file-flags-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

async function fileOf(text: string, name = 'node.toml'): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

async function read(text: string, name?: string) {
  return (await readFileFlags(await fileOf(text, name))).flags;
}

/** Without the directory, which is another one each time. */
async function refusal(text: string, name?: string): Promise<string> {
  const thrown: unknown = await read(text, name).catch((error: unknown) => error);
  if (!(thrown instanceof GossipError)) throw new Error(`not refused: ${JSON.stringify(thrown)}`);
  expect(thrown.code).toBe('GOSSIP_E_CONFIG');
  return `${thrown.message} | ${thrown.advice}`.replaceAll(`${directory}/`, '');
}

test('a key that stands twice in JSON is refused, with the line of the second one', async () => {
  expect(await refusal('{\n "name": "n1",\n "name": "n2"\n}', 'node.json')).toBe(
    'node.json:3: name is given twice | Leave one of them out.',
  );
  expect(await refusal('{"log": {\n "level": "info",\n "level": "warn"}}', 'node.json')).toBe(
    'node.json:3: log.level is given twice | Leave one of them out.',
  );
});

describe('keys', () => {
  test('are the names of the flags, and tables stand for what names begin with', async () => {
    const text = `
      name = "n1"
      found = true
      quota = 64
      interval = "1.5s"
      peer = "10.0.0.1:1, 10.0.0.2:1"
      modules = ["membership", "registry"]
      [log]
      level = "debug"
      [app-socket]
      mode = "660"`;
    expect(await read(text)).toEqual({
      name: 'n1',
      found: true,
      quota: 64,
      interval: 1_500,
      peer: ['10.0.0.1:1', '10.0.0.2:1'],
      modules: 'membership,registry',
      'log-level': 'debug',
      'app-socket-mode': 0o660,
    });
  });

  test('are those of JSON, too: by the extension, and by the brace', async () => {
    const text = '{ "name": "n1", "log": { "level": "warn" }, "peer": ["10.0.0.1:1"] }';
    const flags = { name: 'n1', 'log-level': 'warn', peer: ['10.0.0.1:1'] };
    expect(await read(text, 'node.json')).toEqual(flags);
    expect(await read(`\n ${text}`, 'node.conf')).toEqual(flags);
  });

  test('none: a file that says nothing is none too few', async () => {
    expect(await read('')).toEqual({});
    expect(await read('\uFEFF# nothing\n')).toEqual({});
  });

  test('of files: relative to the configuration file, wherever the node runs', async () => {
    const text = `
      data = "data"
      join = "@token"
      proxy = "@/run/proxy"
      app-socket = "app.sock"
      join-from = ["file:peers", "exec:/b", "dns:a"]
      on = { "join,fail" = ["a.sh", "/b.sh"] }`;
    expect(await read(text)).toEqual({
      data: join(directory, 'data'),
      join: `@${join(directory, 'token')}`,
      proxy: ['@/run/proxy'],
      'join-from': [`file:${join(directory, 'peers')}`, 'exec:/b', 'dns:a'],
      'app-socket': join(directory, 'app.sock'),
      on: [`join,fail=${join(directory, 'a.sh')}`, 'join,fail=/b.sh'],
    });
    expect(await read('app-socket = "none"\njoin = "-"')).toEqual({ 'app-socket': 'none', join: '-' });
  });
});

describe('refused, with file, line and key', () => {
  test.each<[string, string, string]>([
    ['an unknown key', 'name = "a"\nlitsen = "x"', 'node.toml:2: litsen: there is no such key | Did you mean listen?'],
    ['an underscore', 'log_level = "info"', 'node.toml:1: log_level: there is no such key | Did you mean log-level?'],
    ['one in a table', '[log]\nlevle = "info"', 'node.toml:2: log.levle: there is no such key | Did you mean log-level?'],
    ['one of the command line', 'config = "x"', 'node.toml:1: config: there is no such key | It is for the command line alone.'],
    [
      'a name of all objects',
      '__proto__ = 1',
      "node.toml:1: __proto__: there is no such key | Keys are the names of the flags: see 'gossip node run --help'.",
    ],
    ['a number for a text', 'name = 7', 'node.toml:1: name is a number: write a text in quotes | '],
    ['a date for a text', 'name = 2020-01-01', 'node.toml:1: name is a date: write a text in quotes | '],
    ['a list for a text', 'name = ["a"]', 'node.toml:1: name is a list: write a text in quotes | '],
    ['a text for a number', 'quota = "64"', 'node.toml:1: quota is a text: write a whole number | '],
    ['a part of a number', 'quota = 1.5', "node.toml:1: quota: '1.5' is not a whole number | "],
    ['a text for a switch', 'found = "yes"', 'node.toml:1: found is a text: write true or false | '],
    ['a number in a list', 'peer = [1]', 'node.toml:1: peer is a number: write a text in quotes or a list of texts | '],
    [
      'a number in the table of handlers',
      '[on]\njoin = "/a"\nfail = 1',
      'node.toml:3: on.fail is a number: write a text in quotes or a list of texts | ',
    ],
    ['nothing', 'name = ""', 'node.toml:1: name is empty | '],
    ['a value that is none', '[log]\n\nlevel = "wran"', "node.toml:3: log.level: 'wran' is none of its values | Did you mean warn?"],
    [
      'what the flag refuses',
      'interval = "often"',
      "node.toml:1: interval: 'often' is not a duration | Write a number and a unit: 200ms, 5s, 10m, 24h or 7d.",
    ],
    ['one key twice', 'log-level = "info"\n[log]\nlevel = "warn"', 'node.toml:3: log.level is given twice, as log-level too | '],
  ])('%s', async (_, text, words) => {
    expect(await refusal(text)).toContain(words);
  });

  test('all of it at once', async () => {
    expect(await refusal('name = 1\nlisten = 2')).toContain(
      'node.toml:1: name is a number: write a text in quotes; node.toml:2: listen is',
    );
  });

  test.each<[string, string, string]>([
    ['node.toml', 'name = "a\njoin = "SECRET"', 'node.toml:1: this is no TOML: '],
    ['node.toml', 'a'.repeat(5), 'node.toml:1: this is no TOML: '],
    ['node.json', '{\n "join": SECRET }', 'node.json'],
    ['node.json', '[]', 'node.json: the file holds no table of keys'],
    ['node.json', '', 'node.json'],
    ['node.toml', `name = ${'['.repeat(5_000)}`, 'node.toml:1: this is no TOML'],
  ])('%s that is none, and shows nothing of it', async (name, text, words) => {
    const told = await refusal(text, name);
    expect(told).toContain(words);
    expect(told).not.toContain('SECRET');
  });

  test('one that is not there, a directory, and one without an end', async () => {
    for (const path of [join(directory, 'absent'), directory, '/dev/zero'])
      await expect(readFileFlags(path)).rejects.toMatchObject({ code: 'GOSSIP_E_CONFIG' });
  });
});

test('every flag but those of the command line alone can stand in the file', () => {
  const alone = Object.entries(NODE_FLAGS).filter(([, { onlyTyped }]) => onlyTyped);
  expect(alone.map(([name]) => name)).toEqual(['config', 'check-config']);
});

describe('what is in force', () => {
  test('the flag, then the variable, then the file, then the default; each by the name that it was given under', async () => {
    const file = await readFileFlags(await fileOf('quota = 1\nname = "of-file"\nfound = true\nlisten = "10.0.0.1:1"'));
    const environment = { GOSSIP_NAME: 'of-variable', GOSSIP_QUOTA: '2', GOSSIP_FOUND: 'no' };
    const words = ['--quota', '3'];
    const flags = readWords(words, environment)?.flags;
    if (flags === undefined) throw new Error('not read');
    const now = inForce({ flags, words }, file, environment);
    expect(now.flags).toMatchObject({ quota: 3, name: 'of-variable', found: false, listen: '10.0.0.1:1', modules: 'all' });
    const names = ['quota', 'name', 'found', 'listen', 'modules'] as const;
    expect(names.map((name) => now.originOf(name))).toEqual(['flag', 'variable', 'variable', 'file', 'default']);
    expect(names.map((name) => now.nameOf(name).replace(`${directory}/`, ''))).toEqual([
      '--quota',
      'GOSSIP_NAME',
      'GOSSIP_FOUND',
      'node.toml:4: listen',
      '--modules',
    ]);
    await expect(now.named('listen', () => Promise.reject(new GossipError('GOSSIP_E_ADDRESS', 'is bad')))).rejects.toMatchObject({
      code: 'GOSSIP_E_CONFIG',
      message: expect.stringContaining('node.toml:4: listen: is bad'),
    });
  });
});
