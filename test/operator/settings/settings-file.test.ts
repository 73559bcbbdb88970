/** Where the settings lie, and what several commands at once do to them. */
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterId } from '../../../src/model/names.ts';
import { initCluster, openCluster } from '../../../src/operator/cluster/clusters.ts';
import { rememberMove } from '../../../src/operator/cluster/one-node-cluster.ts';
import { openSettings } from '../../../src/operator/settings/settings.ts';
import { operatorHome } from '../../../src/process/home.ts';
import { peer } from '../../support/records.ts';

let directory: string;
let home: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-home-'));
  home = join(directory, 'home');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (at = home) => openSettings({ GOSSIP_HOME: at });
const rendezvous = [peer(1, 'rendezvous1')];

describe('the home', () => {
  it.each([
    [{ GOSSIP_HOME: '/srv/ops' }, '/srv/ops'],
    [{ GOSSIP_HOME: '', XDG_CONFIG_HOME: '/conf' }, '/conf/gossip'],
    [{ XDG_CONFIG_HOME: '' }, join(homedir(), '.config', 'gossip')],
  ])('of %j is %s', (environment, expected) => expect(operatorHome(environment)).toBe(expected));

  it('is not needed to find that nothing is set up', async () => {
    await writeFile(join(directory, 'file'), '');
    for (const missing of [home, join(directory, 'file'), join(directory, 'file', 'below')]) expect(open(missing).clusters()).toEqual({});
  });

  it.each(['file', 'file/below', '../proc/x'])('that cannot be made is told with the variable that says another: %s', async (path) => {
    await writeFile(join(directory, 'file'), '');
    const refused = open(path.startsWith('..') ? '/proc/x' : join(directory, path)).save('one', {
      cluster: '1'.repeat(64) as ClusterId,
      directory: '/keys',
      nodes: [],
    });
    await expect(refused).rejects.toThrow(
      expect.objectContaining({ code: 'GOSSIP_E_FILE', advice: expect.stringContaining('GOSSIP_HOME') }),
    );
  });
});

describe('several at once', () => {
  it('lose nothing of what the others write', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
    const entry = { cluster: '1'.repeat(64) as ClusterId, directory: '/keys', nodes: [] };
    await Promise.all(names.map((name) => open().save(name, entry)));
    expect(Object.keys(open().clusters()).toSorted()).toEqual(names.toSorted());
  });

  it('two nodes of one machine that come back elsewhere are both known', async () => {
    const peers = [peer(1, 'rendezvous1'), peer(2, 'rendezvous2')];
    const { root } = await initCluster(open(), { name: 'one', rendezvous: peers });
    const moved = peers.map(({ id, name }, index) => ({ id, name, address: peer(index + 11).address, cluster: root.cluster }));
    await Promise.all(moved.map((node) => rememberMove(open(), node)));
    expect(
      open()
        .cluster('one')
        .nodes.map(({ address }) => address)
        .toSorted(),
    ).toEqual(moved.map(({ address }) => address).toSorted());
  });
});

describe('a home that was moved', () => {
  it('is used where it lies now', async () => {
    const made = await initCluster(open(), { name: 'one', rendezvous });
    const elsewhere = join(directory, 'restored');
    await rename(home, elsewhere);
    expect((await openCluster(open(elsewhere))).directory).toBe(join(elsewhere, 'clusters', 'one'));
    expect((await openCluster(open(elsewhere))).root.cluster).toBe(made.root.cluster);
  });

  it('never means the keys of the place it was copied from, not even by paths that version 0.1.0 wrote', async () => {
    const { root, directory: old } = await initCluster(open(), { name: 'one', rendezvous });
    const entry = { cluster: root.cluster, nodes: [] };
    const clusters = { one: { ...entry, directory: old }, lab: { ...entry, directory: join(home, 'labs', 'l', 'operator') } };
    await mkdir(join(home, 'labs', 'l', 'operator'), { recursive: true });
    await writeFile(join(home, 'settings.json'), JSON.stringify({ current: 'one', clusters }));
    const copy = join(directory, 'copy');
    await cp(home, copy, { recursive: true });
    expect(open(copy).cluster('one').directory).toBe(join(copy, 'clusters', 'one'));
    expect(open(copy).cluster('lab').directory).toBe(join(copy, 'labs', 'l', 'operator'));
    await rm(join(copy, 'clusters'), { recursive: true });
    await expect(openCluster(open(copy))).rejects.toThrow(expect.objectContaining({ code: 'GOSSIP_E_KEY' }));
  });

  it('says paths relative to itself, and others as they are', async () => {
    await initCluster(open(), { name: 'one', rendezvous });
    await initCluster(open(), { name: 'two', rendezvous, directory: join(directory, 'outside') });
    const { clusters } = JSON.parse(await readFile(join(home, 'settings.json'), 'utf8')) as {
      clusters: Record<string, { directory: string }>;
    };
    expect([clusters['one']?.directory, clusters['two']?.directory]).toEqual(['clusters/one', join(directory, 'outside')]);
  });
});
