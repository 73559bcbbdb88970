/** How a node begins: it resumes, joins, or founds a cluster, and that only when it is meant. */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockDirectory } from '../../src/core/store/files/lock.ts';
import { startOfNode } from '../../src/node/node-start.ts';
import type { NodeWishes } from '../../src/node/node-start.ts';
import { openSettings } from '../../src/operator/settings/settings.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-node-start-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const NOTHING: NodeWishes = {
  name: undefined,
  data: undefined,
  listen: '127.0.0.1:0',
  advertise: undefined,
  token: undefined,
  found: false,
  passphrase: undefined,
};

const settings = () => openSettings({ GOSSIP_HOME: home });
const noSettings = () => {
  throw new Error('the settings are not needed here');
};

async function outcome(wishes: Partial<NodeWishes>): Promise<string> {
  const start = await startOfNode({ ...NOTHING, ...wishes }, async () => settings()).catch((error: { code: string }) => error.code);
  return typeof start === 'string'
    ? start
    : start.founded === null
      ? 'resumes or joins'
      : `founds at ${start.founded.cluster.root.root.rendezvous[0]?.address}`;
}

test('a data directory that cannot be looked at is not taken for an empty one', async () => {
  await symlink('itself', join(home, 'itself'));
  expect(await outcome({ data: join(home, 'itself') })).toBe('GOSSIP_E_FILE');
});

describe('a node without data and without a token', () => {
  test('founds a cluster when nothing at all was said', async () => {
    expect(await outcome({})).toMatch(/^founds at 127\.0\.0\.1:\d+$/);
    expect(await outcome({ name: 'other', listen: '[::1]:0' })).toMatch(/^founds at \[::1\]:\d+$/);
  });

  test.each<[string, Partial<NodeWishes>]>([
    ['a data directory: a new disk, or a slip of the pen', { data: 'data' }],
    ['an address that others can reach', { listen: '0.0.0.0:0' }],
    ['both', { data: 'data', listen: '0.0.0.0:0' }],
  ])('founds none when it was given %s, and makes nothing', async (_what, wishes) => {
    const data = wishes.data === undefined ? undefined : join(home, wishes.data);
    expect([await outcome({ ...wishes, data }), await readdir(home)]).toEqual(['GOSSIP_E_NO_CLUSTER', []]);
  });

  test('nor where only its key was made, for it is to be a rendezvous node of a cluster', async () => {
    const data = join(home, 'data');
    await mkdir(data);
    await writeFile(join(data, 'identity.key'), '');
    expect(await outcome({ data })).toBe('GOSSIP_E_NO_CLUSTER');
  });

  test('founds one wherever it is when it is told to', async () => {
    const data = join(home, 'data');
    expect(await outcome({ data, found: true })).toMatch(/^founds at 127/);
    expect(await outcome({ data: join(home, 'more'), listen: '0.0.0.0:0', advertise: '10.0.0.7:7946', found: true })).toBe(
      'founds at 10.0.0.7:7946',
    );
  });

  test('founds a cluster each where several are told to at once, in one home', async () => {
    const found = (name: string) => outcome({ data: join(home, name), found: true });
    const told = await Promise.all(['a', 'b', 'c'].map(found));
    expect(told.map((each) => each.replace(/:\d+$/, ''))).toEqual(['founds at 127.0.0.1', 'founds at 127.0.0.1', 'founds at 127.0.0.1']);
    expect(Object.keys(settings().clusters()).toSorted()).toEqual(['local', 'local-2', 'local-3']);
  });

  test('founds one cluster for one data directory, however often it is begun: a second one would have no node', async () => {
    const data = join(home, 'data');
    const begin = () => startOfNode({ ...NOTHING, data, found: true }, async () => settings());
    const begun = [...(await Promise.all([begin(), begin()])), await begin()];
    expect(Object.keys(settings().clusters())).toEqual(['local']);
    const [address] = begun.map(({ founded }) => founded?.cluster.root.root.rendezvous[0]?.address);
    expect(begun.map(({ listen, founded }) => [listen, founded?.cluster.name, founded?.before])).toEqual(
      begun.map(() => [address, 'local', null]),
    );
    expect(begun.filter(({ founded }) => founded?.isNew)).toHaveLength(1);
    // Of another node, another one.
    expect(await outcome({ data: join(home, 'more'), found: true })).toMatch(/^founds/);
    expect(settings().current()).toBe('local-2');
  });

  test('founds none for a data directory whose node runs', async () => {
    const data = join(home, 'data');
    await mkdir(data);
    const lock = lockDirectory(data);
    expect(await outcome({ data, found: true })).toBe('GOSSIP_E_DATA_LOCKED');
    lock.release();
  });

  test.each(['0.0.0.0:1', '224.0.0.1:7946', '10.0.0.7', '[fe80::1]:1'])('signs no root that says it is at %s', async (advertise) => {
    expect([await outcome({ advertise, found: true }), await readdir(home)]).toEqual(['GOSSIP_E_ADDRESS', []]);
  });
});

test('a node that joins, or that has run before, needs no settings and no home', async () => {
  const data = join(home, 'data');
  const joining = { ...NOTHING, data, token: 'a token' };
  expect(await startOfNode(joining, noSettings)).toMatchObject({ dataDir: data, token: 'a token', founded: null });
  await mkdir(data);
  await writeFile(join(data, 'cluster.json'), '');
  expect(await startOfNode({ ...NOTHING, data }, noSettings)).toEqual({
    name: undefined,
    dataDir: data,
    listen: NOTHING.listen,
    token: undefined,
    founded: null,
  });
});
