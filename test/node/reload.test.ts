/** What a hang-up does to a node that runs by a configuration file: all that may change, or nothing; and each of it is said. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Changeable, RunningNode } from '../../src/core/run.ts';
import { NODE_FLAGS } from '../../src/node/flags.ts';
import { readInForce } from '../../src/node/in-force.ts';
import { Reloading } from '../../src/node/reload.ts';
import { wantedBy } from '../../src/node/wanted.ts';
import { readWords } from '../../src/node/words.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-reload-'));
  for (const { env } of Object.values(NODE_FLAGS)) if (env !== undefined) vi.stubEnv(env, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

type Told = readonly [level: string, fields: unknown, text: string];

/** A node that notes what it is told, in place of doing it. */
class Bench {
  readonly told: Told[] = [];
  readonly changes: Changeable[] = [];
  level = 'info';
  #reloading!: Reloading;

  static async of(text: string, words: readonly string[] = []): Promise<Bench> {
    const bench = new Bench();
    await bench.write(text);
    const all = ['--config', join(directory, 'node.toml'), ...words];
    const flags = readWords(all, process.env)?.flags;
    if (flags === undefined) throw new Error('the words were not read');
    const command = { flags, words: all };
    const now = await readInForce(command);
    const log = {
      isLevelEnabled: () => bench.level === 'info',
      info: (fields: unknown, msg: string) => bench.level === 'info' && bench.told.push(['info', fields, msg]),
      warn: (fields: unknown, msg: string) => bench.told.push(['warn', fields, msg]),
      error: (fields: unknown, msg: string) => bench.told.push(['error', fields, msg]),
    };
    const change = (next: Changeable) => {
      bench.changes.push(next);
      bench.level = next.logLevel;
    };
    bench.#reloading = new Reloading(command, { log, change } as unknown as RunningNode, { now, wanted: await wantedBy(now) });
    return bench;
  }

  write(text: string, name = 'node.toml'): Promise<void> {
    return writeFile(join(directory, name), text);
  }

  hangUp(): Promise<void> {
    return this.#reloading.hangUp();
  }

  /** What was told since the last look. */
  heard(): Told[] {
    return this.told.splice(0);
  }
}

const NOTHING: Told = ['info', {}, 'configuration read again: nothing to change'];

test('what may change does, from what to what; what stands on the command line stays above the file', async () => {
  const bench = await Bench.of('quota = 1\nmodules = ["registry"]', ['--quota', '7']);
  await bench.write('quota = 2\nleave-on-stop = true');
  await bench.hangUp();
  expect(bench.heard()).toEqual([['info', { modules: 'registry → all', 'leave-on-stop': 'false → true' }, 'configuration changed']]);
  expect(bench.changes).toMatchObject([{ modules: 'all', leaveOnStop: true, quotaBytes: 7 * 1024 * 1024, logLevel: 'info' }]);
  await bench.hangUp();
  expect(bench.heard()).toEqual([NOTHING]);
});

test('metrics move, but begin and end with the node', async () => {
  const bench = await Bench.of('metrics = "127.0.0.1:9464"\n');
  await bench.write('metrics = "127.0.0.1:9465"\n');
  await bench.hangUp();
  expect(bench.heard()).toEqual([['info', { metrics: '127.0.0.1:9464 → 127.0.0.1:9465' }, 'configuration changed']]);
  expect(bench.changes.at(-1)).toMatchObject({ metrics: { listen: { host: '127.0.0.1', port: 9465 } } });
  await bench.write('');
  await bench.hangUp();
  expect(bench.heard()).toEqual([NOTHING, ['warn', { flags: ['metrics'] }, expect.stringContaining('need a restart')]]);
  expect(bench.changes.at(-1)).not.toHaveProperty('metrics');
});

test('what needs a restart is said each time, until it is as it runs', async () => {
  const restart: Told = ['warn', { flags: ['listen'] }, 'these are other ones in the configuration, and need a restart'];
  const bench = await Bench.of('listen = "127.0.0.1:1"');
  await bench.write('listen = "127.0.0.1:2"');
  await bench.hangUp();
  await bench.hangUp();
  expect(bench.heard()).toEqual([NOTHING, restart, NOTHING, restart]);
  await bench.write('');
  await bench.hangUp();
  expect(bench.heard()).toEqual([NOTHING, restart]);
  await bench.write('listen = "127.0.0.1:1"');
  await bench.hangUp();
  expect(bench.heard()).toEqual([NOTHING]);
});

test.each([
  ['a key that there is not', 'quota = 2\nlitsen = 1', 'litsen: there is no such key'],
  ['a program that is not there', 'quota = 2\n[on]\nalarm = "absent"', 'on: '],
  ['half a file', 'quota = 2\nname = "', 'this is no TOML'],
])('%s: nothing changes, and the next one counts', async (_, text, why) => {
  const bench = await Bench.of('quota = 1');
  await bench.write(text);
  await bench.hangUp();
  expect(bench.heard()).toEqual([
    [
      'error',
      expect.objectContaining({ code: 'GOSSIP_E_CONFIG', why: expect.stringContaining(why) }),
      expect.stringContaining('what was in force stays'),
    ],
  ]);
  await rm(join(directory, 'node.toml'));
  await bench.hangUp();
  expect(bench.heard()).toMatchObject([['error', { code: 'GOSSIP_E_CONFIG' }, expect.any(String)]]);
  expect(bench.changes).toEqual([]);
  await bench.write('quota = 3');
  await bench.hangUp();
  expect(bench.heard()).toEqual([['info', { quota: '1 → 3' }, 'configuration changed']]);
});

test('a pipe, which would be read as nothing the second time, is not read again', async () => {
  const bench = await Bench.of('quota = 1');
  await rm(join(directory, 'node.toml'));
  execFileSync('mkfifo', [join(directory, 'node.toml')]);
  await bench.hangUp();
  expect(bench.heard()).toMatchObject([
    ['error', { code: 'GOSSIP_E_CONFIG', why: expect.stringContaining('no file') }, expect.any(String)],
  ]);
  expect(bench.changes).toEqual([]);
});

test('a proxy whose file holds another password is another one, and neither is told', async () => {
  await writeFile(join(directory, 'proxy'), 'http://joe:OLD@127.0.0.1:1');
  const bench = await Bench.of('proxy = "@proxy"');
  await bench.write('http://joe:NEW@127.0.0.1:1', 'proxy');
  await bench.hangUp();
  expect(bench.changes).toMatchObject([{ proxies: ['http://joe:NEW@127.0.0.1:1'] }]);
  expect(bench.told).toMatchObject([['info', { proxy: expect.stringContaining('@') }, 'configuration changed']]);
  expect(JSON.stringify(bench.told)).not.toMatch(/OLD|NEW/);
});

test('a change of the level is told at whichever of the two tells it', async () => {
  const bench = await Bench.of('');
  await bench.write('log-level = "error"');
  await bench.hangUp();
  await bench.write('');
  await bench.hangUp();
  expect(bench.heard().map(([, fields]) => fields)).toEqual([{ 'log-level': 'info → error' }, { 'log-level': 'error → info' }]);
});

test('many hang-ups at once read the file twice at most, and the last state of it counts', async () => {
  const bench = await Bench.of('quota = 1');
  const first = bench.hangUp();
  await bench.write('quota = 2');
  await Promise.all([first, ...Array.from({ length: 50 }, () => bench.hangUp())]);
  expect(bench.changes.length).toBeLessThanOrEqual(2);
  await bench.hangUp();
  expect(bench.changes.at(-1)).toMatchObject({ quotaBytes: 2 * 1024 * 1024 });
});
