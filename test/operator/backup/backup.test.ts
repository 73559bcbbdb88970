/** A home in one file and back; and files that are no backup, or a bad one, leave the home as it was. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { restoreBackup, takeBackup, viewOfBackup } from '../../../src/operator/backup/backup.ts';
import { decodeBackup, encodeBackup } from '../../../src/operator/backup/backup-file.ts';
import type { BackupContent } from '../../../src/operator/backup/backup-file.ts';
import { initCluster, openCluster, openOperatorKey } from '../../../src/operator/cluster/clusters.ts';
import { openSettings } from '../../../src/operator/settings/settings.ts';
import type { Settings } from '../../../src/operator/settings/settings.ts';
import { hashBytes } from '../../../src/trust/manifest.ts';
import { peer } from '../../support/records.ts';

let directory: string;
let settings: Settings;
let other: Settings;
let content: BackupContent;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-backup-'));
  settings = openSettings({ GOSSIP_HOME: join(directory, 'home') });
  other = openSettings({ GOSSIP_HOME: join(directory, 'other') });
  await initCluster(settings, { name: 'one', rendezvous: [peer(1, 'rendezvous1')], nodes: [peer(2)] });
  await initCluster(settings, { name: 'two', rendezvous: [peer(1, 'rendezvous1')], passphrase: 'of the key' });
  await settings.use('one');
  await settings.setOwn('author', 'ada');
  await writeFile(join(settings.cluster('one').directory, 'operator.key.old.1'), 'kept');
  content = await takeBackup(settings);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const coded = (expected: string, message = /./) => expect.objectContaining({ code: expected, message: expect.stringMatching(message) });
const unasked = (): Promise<string> => Promise.reject(new Error('asked for a passphrase'));
const asked = (passphrase: string) => (): Promise<string> => Promise.resolve(passphrase);
const owner = { passphrase: unasked };

describe('a backup', () => {
  it('brings clusters, keys and settings back elsewhere, as they were', async () => {
    const { content: read } = await decodeBackup(encodeBackup(content, 5, null), 'b', unasked);
    expect(read).toEqual(content);
    expect(await restoreBackup(other, read, false)).toEqual({ added: ['two', 'one'], replaced: [], current: 'one' });
    expect(other.own('author')).toBe('ada');
    for (const name of ['one', 'two']) {
      const [was, is] = [await openCluster(settings, name), await openCluster(other, name)];
      expect(is).toEqual({ ...was, directory: join(other.home, 'clusters', name) });
      const files = (await readdir(was.directory)).sort();
      expect((await readdir(is.directory)).sort()).toEqual(files);
      for (const file of files) {
        expect(await readFile(join(is.directory, file))).toEqual(await readFile(join(was.directory, file)));
        expect((await stat(join(is.directory, file))).mode & 0o777).toBe(0o600);
      }
    }
    const keys = await Promise.all(
      [settings, other].map(async (each) => (await openOperatorKey(await openCluster(each, 'one'), owner)).keyid),
    );
    expect(keys[0]).toBe(keys[1]);
  });

  it('tells which keys in it no passphrase protects', () => {
    expect(viewOfBackup(content).open.toSorted()).toEqual(['one/identity.key', 'one/operator.key', 'two/identity.key']);
  });

  it('is opened by its passphrase alone, and shows nothing of what is in it', async () => {
    const file = encodeBackup(content, 5, 'secret');
    expect(file.toString()).not.toContain(content.clusters['one']?.cluster);
    expect((await decodeBackup(file, 'b', asked('secret'))).content).toEqual(content);
    await expect(decodeBackup(file, 'b', asked('other'))).rejects.toThrow(coded('GOSSIP_E_PASSPHRASE'));
  });

  it('is refused where a cluster does not open: it could not be restored', async () => {
    await writeFile(join(settings.cluster('two').directory, 'root.json'), '{}');
    await expect(takeBackup(settings)).rejects.toThrow(/root\.json/);
  });
});

describe('a file that is no backup, or a bad one', () => {
  const outer = (changes: object): Buffer =>
    Buffer.from(JSON.stringify({ ...(JSON.parse(encodeBackup(content, 5, null).toString()) as object), ...changes }));
  const inner = (changes: object): Buffer => {
    const bytes = Buffer.from(JSON.stringify({ ...content, ...changes }));
    return outer({ content: bytes.toString('base64'), sha256: hashBytes(bytes) });
  };
  const refusal = (file: Uint8Array): Promise<unknown> => decodeBackup(file, 'b', unasked).catch((thrown: unknown) => thrown);

  it('is refused with what it is', async () => {
    expect(await refusal(Buffer.alloc(0))).toEqual(coded('GOSSIP_E_BACKUP', /^b is no backup: it is empty$/));
    expect(await refusal(Buffer.from('{"type":"gossip/cluster/1"}'))).toEqual(
      coded('GOSSIP_E_BACKUP', /^b is no backup: it is a cluster file/),
    );
    expect(await refusal(encodeBackup(content, 5, null).subarray(0, 500))).toEqual(coded('GOSSIP_E_BACKUP', /^b is no backup: /));
    expect(await refusal(Buffer.from('['.repeat(1_000_000)))).toEqual(coded('GOSSIP_E_BACKUP', /^b is no backup: /));
    expect(await refusal(outer({ type: 'gossip/backup/2' }))).toEqual(coded('GOSSIP_E_BACKUP', /newer version/));
    expect(await refusal(outer({ more: 1 }))).toEqual(coded('GOSSIP_E_BACKUP', /^b is no whole backup: more: is not a field of it$/));
    expect(await refusal(outer({ content: Buffer.from('{}').toString('base64') }))).toEqual(
      coded('GOSSIP_E_BACKUP', /damaged: its content does not match its checksum$/),
    );
    expect(await refusal(outer({ encrypted: 'no' }))).toEqual(coded('GOSSIP_E_BACKUP', /: encrypted: must be true or false$/));
    expect(await refusal(outer({ created: undefined }))).toEqual(coded('GOSSIP_E_BACKUP', /: created: is missing$/));
    // A later time is none that can be shown.
    expect(await refusal(outer({ created: Number.MAX_SAFE_INTEGER }))).toEqual(coded('GOSSIP_E_BACKUP', /: created: is too large$/));
    expect(await refusal(inner({ current: 5 }))).toEqual(coded('GOSSIP_E_BACKUP', /: current: must be a text$/));
    expect(await refusal(inner({ own: 5 }))).toEqual(coded('GOSSIP_E_BACKUP', /: own: must be an object$/));
    expect(await refusal(inner({ own: { author: 'x'.repeat(5_000) } }))).toEqual(coded('GOSSIP_E_BACKUP', /: own\.author: is too long$/));
    for (const changes of [{ clusters: { one: { cluster: 1 } } }, { clusters: { one: 'x' } }, { clusters: 7 }, { own: { author: {} } }])
      expect(await refusal(inner(changes))).toEqual(coded('GOSSIP_E_BACKUP', /^(?!.*(Invalid|Expected|received))b is no whole backup: /));
  });

  it('is refused for names that would lead elsewhere, fields that nobody knows and what is too much', async () => {
    const cluster = content.clusters['one'];
    const holding = (files: object): Buffer => inner({ clusters: { one: { ...cluster, files } } });
    for (const name of ['../settings.json', '/etc/passwd', '..', '.hidden', 'a/b', 'A', ''])
      expect(await refusal(holding({ [name]: '' }))).toEqual(coded('GOSSIP_E_BACKUP', /no plain name/));
    expect(await refusal(inner({ clusters: { '../one': cluster } }))).toEqual(coded('GOSSIP_E_BACKUP', /clusters/));
    expect(await refusal(inner({ clusters: { one: { ...cluster, directory: '/tmp' } } }))).toEqual(coded('GOSSIP_E_BACKUP', /directory/));
    expect(await refusal(holding(Object.fromEntries(Array.from({ length: 257 }, (_, at) => [`f${at}`, '']))))).toEqual(
      coded('GOSSIP_E_BACKUP', /holds more than 256/),
    );
    expect(await refusal(inner({ own: { __Proto__: 'x' } }))).toEqual(coded('GOSSIP_E_BACKUP', /own/));
    expect(await refusal(holding({ 'root.json': 'not base64!' }))).toEqual(coded('GOSSIP_E_BACKUP', /base64/));
  });

  it('of which what is sealed was changed opens by no passphrase', async () => {
    const sealed = JSON.parse(encodeBackup(content, 5, 'secret').toString()) as object;
    const file = Buffer.from(JSON.stringify({ ...sealed, created: 6 }));
    await expect(decodeBackup(file, 'b', asked('secret'))).rejects.toThrow(coded('GOSSIP_E_PASSPHRASE'));
  });

  it('leaves nothing behind where a cluster in it does not verify', async () => {
    await restoreBackup(other, { current: null, own: {}, clusters: {} }, false);
    const before = await readdir(other.home);
    const { one, two } = content.clusters;
    if (one === undefined || two === undefined) throw new Error('both are in it');
    const bad = { ...content, clusters: { one, two: { ...two, cluster: one.cluster } } };
    await expect(restoreBackup(other, bad, false)).rejects.toThrow(
      coded('GOSSIP_E_BACKUP', /^the cluster 'two' of the backup does not open: root\.json: .*; nothing was restored$/),
    );
    await expect(restoreBackup(other, { ...content, own: { settle: 'soon' } }, false)).rejects.toThrow(
      coded('GOSSIP_E_BACKUP', /the setting settle: 'soon' is not a duration$/),
    );
    expect([await readdir(join(other.home, 'clusters')), other.clusters()]).toEqual([[], {}]);
    expect((await readdir(other.home)).filter((name) => name !== 'clusters')).toEqual(before.filter((name) => name !== 'clusters'));
  });
});

describe('a home that has something already', () => {
  it('gets what it lacks, and keeps what was current', async () => {
    await initCluster(other, { name: 'three', rendezvous: [peer(1)] });
    expect(await restoreBackup(other, content, false)).toEqual({ added: ['two', 'one'], replaced: [], current: 'three' });
  });

  it('refuses what would be replaced, by name, and takes it with replace; what was there stays on the disk', async () => {
    await initCluster(other, { name: 'two', rendezvous: [peer(1)] });
    await other.setOwn('author', 'bob');
    const before = await readFile(other.path);
    const theirs = await openCluster(other, 'two');
    await expect(restoreBackup(other, content, false)).rejects.toThrow(
      coded('GOSSIP_E_FILE', /has already: cluster 'two', setting 'author'; nothing was restored$/),
    );
    expect(await readFile(other.path)).toEqual(before);
    const restored = await restoreBackup(other, content, true);
    expect(restored).toEqual({ added: ['one'], replaced: [{ name: 'two', kept: theirs.directory }], current: 'one' });
    expect((await openCluster(other, 'two')).root.cluster).toBe(content.clusters['two']?.cluster);
    expect(await readdir(theirs.directory)).toContain('operator.key');
    expect(other.own('author')).toBe('ada');
  });

  it('refuses the same backup a second time', async () => {
    await restoreBackup(other, content, false);
    await expect(restoreBackup(other, content, false)).rejects.toThrow(coded('GOSSIP_E_FILE', /has already: cluster 'two', cluster 'one'/));
  });
});
