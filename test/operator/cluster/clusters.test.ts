import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importCluster } from '../../../src/operator/cluster/cluster-file.ts';
import { encodeClusterFile } from '../../../src/trust/cluster-file.ts';
import { keepSteps } from '../../../src/operator/cluster/root-steps.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';
import { initCluster, makeJoinToken, openCluster, openOperatorKey } from '../../../src/operator/cluster/clusters.ts';
import { renewOwnAdmission } from '../../../src/operator/cluster/own-admission.ts';
import { openSettings } from '../../../src/operator/settings/settings.ts';
import type { Settings } from '../../../src/operator/settings/settings.ts';
import { makeAdmission, verifyAdmission } from '../../../src/trust/admission.ts';
import { makeIdentity } from '../../../src/trust/identity.ts';
import { parseToken } from '../../../src/trust/token.ts';
import { peer } from '../../support/records.ts';

let home: string;
let settings: Settings;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-clusters-'));
  settings = openSettings({ GOSSIP_HOME: home });
});
afterEach(() => rm(home, { recursive: true, force: true }));

const rendezvous = [peer(1, 'rendezvous1')];
const never = { passphrase: () => Promise.reject(new Error('asked for a passphrase')) };
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('making a cluster', () => {
  it('leaves everything that later commands need, readable by the operator alone', async () => {
    const made = await initCluster(settings, { name: 'one', rendezvous });
    expect(await openCluster(settings)).toEqual(made);
    expect(made.root.root.rendezvous).toEqual(rendezvous);
    expect((await readdir(made.directory)).sort()).toEqual(['admission.json', 'identity.key', 'operator.key', 'root.json']);
    for (const file of await readdir(made.directory)) expect((await stat(join(made.directory, file))).mode & 0o777).toBe(0o600);
    expect((await stat(made.directory)).mode & 0o777).toBe(0o700);
  });

  it('gives the operator an identity that nodes admit for ever', async () => {
    const { root, identity, admission } = await initCluster(settings, { name: 'one', rendezvous });
    expect(verifyAdmission(admission, root, { now: Number.MAX_SAFE_INTEGER })).toMatchObject({ node: identity.id, expires: null });
  });

  it('makes that anew in a new trust epoch where the key may do so, and says what to do where it may not', async () => {
    const made = await initCluster(settings, { name: 'one', rendezvous });
    const key = await openOperatorKey(made, never);
    const next = nextRoot(made.root, makeNextRoot(made.root, { created: 1, epoch: 2 }, [key]));
    const told: string[] = [];
    await renewOwnAdmission(made, next, (text) => told.push(text));
    const { admission } = await openCluster(settings);
    expect(admission).not.toEqual(made.admission);
    expect(verifyAdmission(admission, next, { now: 1 })).toMatchObject({ node: made.identity.id, expires: null });
    expect(told).toEqual([]);

    const stranger = await initCluster(settings, { name: 'two', rendezvous });
    await renewOwnAdmission(stranger, next, (text) => told.push(text));
    await rm(join(made.directory, 'operator.key'));
    await renewOwnAdmission(made, next, (text) => told.push(text));
    expect(told).toEqual([expect.stringContaining('--join'), expect.stringContaining('--join')]);
    expect((await openCluster(settings, 'one')).admission).toEqual(admission);
  });

  it('never writes over the keys of another', async () => {
    const { directory } = await initCluster(settings, { name: 'one', rendezvous });
    const key = await readFile(join(directory, 'operator.key'), 'utf8');
    await expect(initCluster(settings, { name: 'one', rendezvous })).rejects.toThrow(code('GOSSIP_E_FILE'));
    await settings.forget('one');
    await expect(initCluster(settings, { name: 'one', rendezvous })).rejects.toThrow(code('GOSSIP_E_FILE'));
    expect(await readFile(join(directory, 'operator.key'), 'utf8')).toBe(key);
  });

  it('encrypts the key when there is a passphrase, and asks for it only when the key is used', async () => {
    const cluster = await initCluster(settings, { name: 'one', rendezvous, passphrase: 'open sesame' });
    await openCluster(settings);
    expect(await readFile(join(cluster.directory, 'operator.key'), 'utf8')).toContain('ENCRYPTED');
    expect((await openOperatorKey(cluster, { passphrase: () => Promise.resolve('open sesame') })).keyid).toBe(
      cluster.root.root.roles.deploy.keys[0],
    );
    await expect(openOperatorKey(cluster, { passphrase: () => Promise.resolve('wrong') })).rejects.toThrow(code('GOSSIP_E_PASSPHRASE'));
  });

  it('says which key file is missing or damaged', async () => {
    const cluster = await initCluster(settings, { name: 'one', rendezvous });
    await truncate(join(cluster.directory, 'operator.key'), 40);
    await expect(openOperatorKey(cluster, never)).rejects.toThrow(code('GOSSIP_E_KEY'));
    await rm(join(cluster.directory, 'operator.key'));
    await expect(openOperatorKey(cluster, never)).rejects.toThrow(/no key to sign with in .*clusters/);
    await truncate(join(cluster.directory, 'admission.json'), 10);
    await expect(openCluster(settings)).rejects.toThrow(code('GOSSIP_E_KEY'));
  });

  it('opens after hundreds of versions of its root, as another operator does with what is exported and a node with a token', async () => {
    const made = await initCluster(settings, { name: 'one', rendezvous });
    const key = await openOperatorKey(made, never);
    let { root } = made;
    for (let version = 2; version <= 301; version += 1) root = nextRoot(root, makeNextRoot(root, { created: version }, [key]));
    await keepSteps(made.directory, root);
    const opened = await openCluster(settings);
    expect(opened.root.root.version).toBe(301);
    const file = join(home, 'one.cluster');
    await writeFile(file, encodeClusterFile(opened));
    const other = openSettings({ GOSSIP_HOME: join(home, 'other') });
    const { token } = makeJoinToken(opened, key, { validMs: 60_000, now: 0 });
    expect(parseToken(token).root.root.version).toBe(301);
    const imported = await importCluster(other, { path: file, name: undefined, token, keyPath: undefined, now: 0 });
    expect(imported).toMatchObject({ admitted: true, root: { root: { version: 301 } } });
  });

  it('does not open a root that was put in the place of its own', async () => {
    const one = await initCluster(settings, { name: 'one', rendezvous });
    const two = await initCluster(settings, { name: 'two', rendezvous });
    await writeFile(join(one.directory, 'root.json'), await readFile(join(two.directory, 'root.json')));
    await expect(openCluster(settings, 'one')).rejects.toThrow(code('GOSSIP_E_WRONG_CLUSTER'));
  });
});

describe('join tokens', () => {
  it('let a node prove membership without anybody online, until they expire', async () => {
    const cluster = await initCluster(settings, { name: 'one', rendezvous });
    const { token, expires } = makeJoinToken(cluster, await openOperatorKey(cluster, never), { validMs: 1_000, now: 5_000 });
    const parsed = parseToken(token);
    const { id } = makeIdentity();
    const admission = makeAdmission({ cluster: parsed.root.cluster, node: id }, parsed.delegation, parsed.secret);
    expect(expires).toBe(6_000);
    expect(verifyAdmission(admission, cluster.root, { now: 5_999 })).toMatchObject({ node: id, expires: 6_000 });
    expect(() => verifyAdmission(admission, cluster.root, { now: 6_000 })).toThrow(code('GOSSIP_E_TOKEN_EXPIRED'));
  });
});
