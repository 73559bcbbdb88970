/** The second operator: imports the cluster, looks at a file that lacks his signature, signs it. No node is needed for any of it. */
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initCluster, makeJoinToken, openCluster, openOperatorKey } from '../../src/operator/cluster/clusters.ts';
import type { OperatorCluster } from '../../src/operator/cluster/clusters.ts';
import { packFile } from '../../src/operator/deploy/configuration-files.ts';
import { prepare } from '../../src/operator/deploy/deploy.ts';
import { encodeClusterFile } from '../../src/trust/cluster-file.ts';
import { openSettings } from '../../src/operator/settings/settings.ts';
import { verifyAdmission } from '../../src/trust/admission.ts';
import { generateKey, toPem } from '../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../src/trust/next-root.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { peer } from '../support/records.ts';
import { PaperDoor, paperCode } from '../operator/paper-node.ts';
import { gossip, gossipJson } from './command-line.ts';

const bob = generateKey();
const never = { passphrase: () => Promise.reject(new Error('asked for a passphrase')) };
let home: string;
let file: string;
let keyFile: string;
let token: string;
let ada: OperatorCluster;
const settingsOf = (name: string) => openSettings({ GOSSIP_HOME: join(home, name) });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-second-'));
  ada = await initCluster(settingsOf('ada'), { name: 'prod', rendezvous: [peer(1, 'r1')], deployers: [bob], deployThreshold: 2 });
  const key = await openOperatorKey(ada, never);
  token = makeJoinToken(ada, key, { validMs: 3_600_000, now: Date.now() }).token;
  const door = new PaperDoor();
  door.add(peer(1, 'r1'));
  const code = paperCode('code');
  const draft = { module: 'counter' as ModuleName, code: code.reference, scrub: false, rollbackOf: null, author: 'ada', message: '' };
  const { envelope } = await prepare({ root: ada.root, key, now: () => 1_700_000_000_000 }, door, peer(1, 'r1'), draft);
  [file, keyFile] = [join(home, 'counter.gossip'), join(home, 'bob.key')];
  await writeFile(file, await packFile(ada.root, envelope, code));
  await writeFile(keyFile, toPem(bob), { mode: 0o600 });
  process.env['GOSSIP_HOME'] = join(home, 'ada');
  const exported = await gossip('cluster', 'export', join(home, 'prod.cluster'));
  // Each command that comes next, so that its outcome is there for the one after it.
  if (!/cluster join-token > gossip\.token\n.*cluster import .* --join @gossip\.token\n$/.test(exported.stdout))
    throw new Error(exported.stdout);
  process.env['GOSSIP_HOME'] = join(home, 'bob');
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('a cluster of another operator', () => {
  it('is imported without a key of his, with an identity of one’s own', async () => {
    expect(await readFile(join(home, 'prod.cluster'), 'utf8')).not.toContain('PRIVATE');
    const { exitCode, json } = await gossipJson(
      'cluster',
      'import',
      join(home, 'prod.cluster'),
      '--join',
      `@${await tokenFile()}`,
      '--key',
      keyFile,
    );
    expect([exitCode, json]).toEqual([
      0,
      expect.objectContaining({ name: 'prod', cluster: ada.root.cluster, admitted: true, signs: true }),
    ]);
    const { root, identity, admission, directory } = await openCluster(settingsOf('bob'));
    expect([root.cluster, identity.id === ada.identity.id]).toEqual([ada.root.cluster, false]);
    expect(verifyAdmission(admission, ada.root, { now: Date.now() }).node).toBe(identity.id);
    expect((await readdir(directory)).toSorted()).toEqual(['admission.json', 'identity.key', 'operator.key', 'root.json']);
  });

  it('without a token lets files be looked at, and says of everything else what is missing', async () => {
    expect((await gossip('cluster', 'import', join(home, 'prod.cluster'), '--name', 'bare')).exitCode).toBe(0);
    expect((await gossip('config', 'show', file, '--cluster', 'bare')).exitCode).toBe(0);
    // What is noted here needs no node.
    expect(await gossip('cluster', 'tokens', '--cluster', 'bare')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('No token was made here'),
      stderr: expect.stringContaining('what was revoked elsewhere is not known'),
    });
    expect(await gossip('status', '--cluster', 'bare')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('GOSSIP_E_NOT_ADMITTED'),
    });
  });

  it('that was imported without a token or a key is given what it lacks by importing it again', async () => {
    const at = ['--cluster', 'late'];
    const again = (...more: readonly string[]) => gossipJson('cluster', 'import', join(home, 'prod.cluster'), '--name', 'late', ...more);
    expect((await again()).json).toMatchObject({ admitted: false, signs: false });
    const { identity } = await openCluster(settingsOf('bob'), 'late');
    expect(await gossip('cluster', 'join-token', ...at)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('there is no key to sign with'),
    });
    expect(await again('--join', `@${await tokenFile()}`)).toMatchObject({ exitCode: 0, json: { admitted: true, signs: false } });
    expect(await again('--key', keyFile)).toMatchObject({ exitCode: 0, json: { admitted: true, signs: true } });
    const late = await openCluster(settingsOf('bob'), 'late');
    expect([late.identity.id, verifyAdmission(late.admission, ada.root, { now: Date.now() }).node]).toEqual([identity.id, identity.id]);
    // What is there is not replaced.
    expect((await again('--key', keyFile)).json).toMatchObject({ error: { code: 'GOSSIP_E_FILE' } });
    expect((await again()).json).toMatchObject({ error: { code: 'GOSSIP_E_FILE' } });
    await gossip('cluster', 'use', 'prod');
  });

  it('that was imported learns of later versions of the root by a file that is imported again, and of no others', async () => {
    const at = (name: string): string => join(home, name);
    const again = (path: string, ...more: readonly string[]) => gossipJson('cluster', 'import', path, '--name', 'offline', ...more);
    await again(join(home, 'prod.cluster'));
    const carol = generateKey();
    await writeFile(at('carol.key'), toPem(carol), { mode: 0o600 });
    expect(await gossip('cluster', 'import', join(home, 'prod.cluster'), '--name', 'offline', '--key', at('carol.key'))).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('add-operator'),
    });
    const { roles, keys } = ada.root.root;
    const change = {
      created: 2,
      keys: { ...keys, [carol.keyid]: { public: carol.public, name: 'carol' } },
      roles: { ...roles, deploy: { ...roles.deploy, keys: [...roles.deploy.keys, carol.keyid] } },
    };
    const later = nextRoot(ada.root, makeNextRoot(ada.root, change, [await openOperatorKey(ada, never)]));
    await writeFile(at('later.cluster'), encodeClusterFile({ ...ada, root: later }));
    expect((await again(at('later.cluster'), '--key', at('carol.key'))).json).toMatchObject({ version: 2, signs: true, admitted: false });
    expect((await openCluster(settingsOf('bob'), 'offline')).root.hash).toBe(later.hash);
    // The older file changes nothing, nor does one whose step nobody of the root has signed.
    expect((await again(join(home, 'prod.cluster'))).json).toMatchObject({ error: { code: 'GOSSIP_E_FILE' } });
    const forged = { ...JSON.parse(encodeClusterFile({ ...ada, root: later })), steps: [makeNextRoot(ada.root, change, [carol])] };
    await writeFile(at('forged.cluster'), JSON.stringify(forged));
    expect((await gossipJson('cluster', 'import', at('forged.cluster'), '--name', 'forged')).json).toMatchObject({
      error: { code: 'GOSSIP_E_SIGNATURE' },
    });
    await gossip('cluster', 'use', 'prod');
  });

  it('lets nobody in with a key that may only deploy: no node would take such a token', async () => {
    expect(await gossip('cluster', 'join-token', '--cluster', 'prod')).toMatchObject({
      exitCode: 6,
      stdout: '',
      stderr: expect.stringMatching(/may not let nodes into 'prod': it has the role deploy only \[GOSSIP_E_SIGNATURE\]/),
    });
  });

  it('does not give its maker’s own membership away for a token’s', async () => {
    process.env['GOSSIP_HOME'] = join(home, 'ada');
    const again = await gossip('cluster', 'import', join(home, 'prod.cluster'), '--join', `@${await tokenFile()}`);
    process.env['GOSSIP_HOME'] = join(home, 'bob');
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('GOSSIP_E_FILE') });
  });

  it.each([
    ['a token of another cluster', 6, 'GOSSIP_E_WRONG_CLUSTER'],
    ['a key that the root does not name', 6, 'GOSSIP_E_KEY'],
    ['a file that is none', 1, 'GOSSIP_E_FILE'],
    ['a name that is taken', 1, 'GOSSIP_E_FILE'],
  ])('is not imported with %s', async (what, exitCode, code) => {
    const stranger = await initCluster(settingsOf(what.replaceAll(' ', '-')), { name: 'other', rendezvous: [peer(1, 'r1')] });
    const foreign = makeJoinToken(stranger, await openOperatorKey(stranger, never), { validMs: 3_600_000, now: Date.now() }).token;
    const extra = {
      'a token of another cluster': ['--name', 'x', '--join', foreign],
      'a key that the root does not name': ['--name', 'x', '--key', join(stranger.directory, 'operator.key')],
      'a file that is none': ['--name', 'x'],
      'a name that is taken': [],
    }[what];
    const path = what === 'a file that is none' ? file : join(home, 'prod.cluster');
    expect(await gossip('cluster', 'import', path, ...(extra ?? []))).toMatchObject({ exitCode, stderr: expect.stringContaining(code) });
  });
});

describe('a file that lacks a signature', () => {
  it('says so when the same operator signs it again: the other one is still waited for', async () => {
    process.env['GOSSIP_HOME'] = join(home, 'ada');
    const again = await gossip('config', 'sign', file);
    process.env['GOSSIP_HOME'] = join(home, 'bob');
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: 'Signed by 1 of 2 keys: 1 more must sign.\n',
      stderr: `This key had signed it already: ${ada.root.root.roles.deploy.keys[0]?.slice(0, 12)}.\n`,
    });
  });

  it('is shown before it is signed, with who signed and who is missing; verify says that no node would take it', async () => {
    const shown = await gossip('config', 'show', file);
    expect([shown.exitCode, shown.stderr]).toEqual([0, '']);
    const [adas = ''] = ada.root.root.roles.deploy.keys;
    expect(shown.stdout).toContain(`  signed    1 of 2: ${adas.slice(0, 12)}\n  missing   1 of: ${bob.keyid.slice(0, 12)}\n`);
    const verified = await gossip('config', 'verify', file);
    expect(verified).toMatchObject({ exitCode: 6, stderr: '' });
    expect(verified.stdout).toContain(shown.stdout);
    expect(await gossipJson('config', 'verify', file)).toMatchObject({
      exitCode: 6,
      json: { valid: false, signers: [adas], missing: [bob.keyid] },
    });
  });

  it('is good once he has signed it', async () => {
    expect(await gossip('config', 'sign', file, '--cluster', 'prod')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Signed by 2 of 2 keys: ready'),
    });
    expect(await gossipJson('config', 'verify', file)).toMatchObject({ exitCode: 0, json: { valid: true, missing: [] } });
  });
});

it('a private key is no further deployer: it would lie with two operators', async () => {
  const line = ['cluster', 'init', '--name', 'third', '--rendezvous', `r1=10.0.0.1:7946=${peer(1).id}`, '--deployer'];
  expect(await gossip(...line, keyFile)).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('holds a private key') });
  await writeFile(join(home, 'bob.pub'), createPublicKey(bob.key).export({ format: 'pem', type: 'spki' }));
  expect((await gossip(...line, join(home, 'bob.pub'))).exitCode).toBe(0);
});

async function tokenFile(): Promise<string> {
  await writeFile(join(home, 'token'), token);
  return join(home, 'token');
}
