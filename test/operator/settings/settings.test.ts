import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterId } from '../../../src/model/names.ts';
import { openSettings } from '../../../src/operator/settings/settings.ts';
import type { ClusterEntry } from '../../../src/operator/settings/settings.ts';
import { peer } from '../../support/records.ts';

let home: string;
beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'gossip-settings-'))));
afterEach(() => rm(home, { recursive: true, force: true }));

const entry = (digit: string): ClusterEntry => ({ cluster: digit.repeat(64) as ClusterId, directory: `/keys/${digit}`, nodes: [peer(3)] });
const open = (environment = {}) => openSettings({ GOSSIP_HOME: home, ...environment });
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('settings', () => {
  it('know no cluster at first, and say how to make one', async () => {
    const settings = open();
    expect(settings.current()).toBeNull();
    expect(() => settings.cluster()).toThrow(code('GOSSIP_E_NO_CLUSTER'));
  });

  it.each(['', '\0'.repeat(64), '{"current":'])(
    'that are damaged (%j) are said to be, and where the keys lie; permissions are not blamed',
    async (bytes) => {
      await writeFile(join(home, 'settings.json'), bytes);
      expect(() => open().current()).toThrow(
        expect.objectContaining({
          code: 'GOSSIP_E_FILE',
          message: expect.stringContaining('settings.json is damaged'),
          advice: expect.stringContaining(join(home, 'clusters')),
        }),
      );
    },
  );

  it('keep clusters from one command to the next, for this user alone', async () => {
    await open().save('one', entry('1'));
    const settings = open();
    expect(settings.cluster()).toEqual({ name: 'one', ...entry('1') });
    expect((await stat(join(home, 'settings.json'))).mode & 0o777).toBe(0o600);
  });

  it('mean the cluster that was made or chosen last', async () => {
    const settings = open();
    await settings.save('one', entry('1'));
    await settings.save('two', entry('2'));
    expect(settings.current()).toBe('two');
    await settings.use('one');
    expect(open().current()).toBe('one');
    await expect(settings.use('three')).rejects.toThrow(code('GOSSIP_E_NO_CLUSTER'));
    expect(open().current()).toBe('one');
  });

  it('let GOSSIP_CLUSTER and a flag win over what is kept', async () => {
    const settings = open({ GOSSIP_CLUSTER: 'two' });
    await settings.save('two', entry('2'));
    await settings.save('one', entry('1'));
    expect(settings.cluster().name).toBe('two');
    expect(settings.cluster('one').name).toBe('one');
  });

  it('forget a cluster, and mean another that remains', async () => {
    const settings = open();
    await settings.save('one', entry('1'));
    await settings.save('two', entry('2'));
    await settings.forget('two');
    expect(Object.keys(settings.clusters())).toEqual(['one']);
    expect(settings.current()).toBe('one');
    await settings.forget('one');
    expect(settings.current()).toBeNull();
  });

  it.each(['', 'A', '-a', 'a/b', '__proto__', 'a'.repeat(64)])('refuse %o as the name of a cluster', async (name) => {
    const settings = open();
    await expect(settings.save(name, entry('1'))).rejects.toThrow(code('GOSSIP_E_USAGE'));
  });

  it.each(['constructor', 'toString', '__proto__'])('do not find a cluster named %s that nobody made', async (name) => {
    const settings = open();
    expect(() => settings.cluster(name)).toThrow(code('GOSSIP_E_NO_CLUSTER'));
  });

  it.each(['{', '{"current":5}', '{"clusters":{"one":{"cluster":"x","directory":"/d","nodes":[]}}}'])(
    'name the file when it holds %s, and leave it as it is',
    async (text) => {
      const file = join(home, 'settings.json');
      await writeFile(file, text);
      await expect(async () => open().current()).rejects.toThrow(code('GOSSIP_E_FILE'));
      expect(await readFile(file, 'utf8')).toBe(text);
    },
  );
});
