/** An operator's own key: made, shown, used. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSettings } from '../../src/operator/settings/settings.ts';
import { openCluster } from '../../src/operator/cluster/clusters.ts';
import { parseToken } from '../../src/trust/token.ts';
import { fromPem, generateKey, toPem, toPublicPem } from '../../src/trust/keys.ts';
import { peer } from '../support/records.ts';
import { writeSigner } from '../support/signer.ts';
import { gossip, gossipJson } from './command-line.ts';

let home: string;
const at = (name: string): string => join(home, name);
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-keys-'));
  vi.stubEnv('GOSSIP_HOME', home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

describe('gossip key new', () => {
  it('writes the private half for its owner alone, and prints the public one', async () => {
    const { exitCode, stdout, stderr } = await gossip('key', 'new', at('bob.key'));
    const key = fromPem(await readFile(at('bob.key'), 'utf8'));
    expect([exitCode, stdout]).toEqual([0, toPublicPem(key)]);
    expect(stderr).toContain(key.keyid);
    expect((await stat(at('bob.key'))).mode & 0o777).toBe(0o600);
  });

  it('encrypts it under the passphrase of the environment', async () => {
    vi.stubEnv('GOSSIP_PASSPHRASE', 'horse');
    expect((await gossipJson('key', 'new', at('bob.key'))).json).toMatchObject({ encrypted: true });
    const pem = await readFile(at('bob.key'), 'utf8');
    expect(() => fromPem(pem)).toThrow(expect.objectContaining({ code: 'GOSSIP_E_PASSPHRASE' }));
    expect(fromPem(pem, 'horse').keyid).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(['', 'hello'])('never writes over a file, be it ever so small: %j', async (content) => {
    await writeFile(at('bob.key'), content);
    expect(await gossip('key', 'new', at('bob.key'))).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('is there already; it is kept [GOSSIP_E_FILE]'),
    });
    expect(await readFile(at('bob.key'), 'utf8')).toBe(content);
  });

  it('says where no file can be written, and leaves nothing behind', async () => {
    expect(await gossip('key', 'new', at('no/where'))).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('GOSSIP_E_FILE') });
    expect((await gossip('key', 'new')).exitCode).toBe(2);
  });
});

describe('gossip key show', () => {
  it('prints the public half of a private or public key, and of a private one nothing else', async () => {
    const key = generateKey();
    await writeFile(at('bob.key'), toPem(key), { mode: 0o600 });
    await writeFile(at('bob.pub'), toPublicPem(key));
    for (const file of ['bob.key', 'bob.pub'])
      expect(await gossip('key', 'show', at(file))).toEqual({ exitCode: 0, stdout: toPublicPem(key), stderr: `Key ${key.keyid}\n` });
    const { json } = await gossipJson('key', 'show', at('bob.key'));
    expect(json).toEqual({ keyid: key.keyid, public: key.public, pem: toPublicPem(key) });
  });

  it('asks for the passphrase of one that is encrypted', async () => {
    const key = generateKey();
    await writeFile(at('bob.key'), toPem(key, 'horse'), { mode: 0o600 });
    expect((await gossip('key', 'show', at('bob.key'))).stderr).toContain('GOSSIP_E_PASSPHRASE');
    vi.stubEnv('GOSSIP_PASSPHRASE', 'horse');
    expect((await gossip('key', 'show', at('bob.key'))).stdout).toBe(toPublicPem(key));
  });

  it.each([
    ['an empty file', ''],
    ['a text', 'hello'],
    ['a key of another kind', '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n'],
  ])('refuses %s', async (_, content) => {
    await writeFile(at('x'), content);
    expect(await gossip('key', 'show', at('x'))).toMatchObject({
      exitCode: 6,
      stdout: '',
      stderr: expect.stringContaining('GOSSIP_E_KEY'),
    });
  });

  it('shows the key that would sign where no file is named', async () => {
    const key = generateKey();
    expect((await gossip('key', 'show')).exitCode).toBe(2);
    const signer = await writeSigner(at('signer'), key);
    expect((await gossip('key', 'show', '--signer', signer)).stdout).toBe(toPublicPem(key));
    expect((await gossip('key', 'show', 'file', '--signer', signer)).exitCode).toBe(2);
    vi.stubEnv('GOSSIP_SIGNER', signer);
    expect((await gossip('key', 'show')).stdout).toBe(toPublicPem(key));
  });
});

describe('a key that lies elsewhere', () => {
  const rendezvous = ['--rendezvous', `r1=10.0.0.1:7946=${peer(1).id}`];

  it('founds a cluster, in whose directory there is none then, and signs for it', async () => {
    const key = generateKey();
    const signer = await writeSigner(at('signer'), key);
    expect((await gossip('cluster', 'init', '--name', 'prod', ...rendezvous, '--signer', signer)).exitCode).toBe(0);
    const { root, directory } = await openCluster(openSettings({ GOSSIP_HOME: home }), 'prod');
    expect(root.root.roles.root.keys).toEqual([key.keyid]);
    await expect(stat(join(directory, 'operator.key'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await gossip('cluster', 'join-token')).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('--signer') });
    const { json } = await gossipJson('cluster', 'join-token', '--signer', signer);
    expect(parseToken(json.token).root.cluster).toBe(root.cluster);
    await writeFile(at('ci.key'), toPem(key), { mode: 0o600 });
    vi.stubEnv('GOSSIP_KEY_FILE', at('ci.key'));
    expect((await gossip('cluster', 'join-token')).exitCode).toBe(0);
  });

  it('has a say before the one in the directory, and is judged by the root like that', async () => {
    await gossip('cluster', 'init', '--name', 'prod', ...rendezvous);
    await gossip('key', 'new', at('stranger.key'));
    vi.stubEnv('GOSSIP_KEY_FILE', at('stranger.key'));
    expect(await gossip('cluster', 'join-token')).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('may not let nodes into') });
    vi.stubEnv('GOSSIP_KEY_FILE', '');
    expect((await gossip('cluster', 'join-token')).exitCode).toBe(0);
  });

  it('is not exchanged by a command that writes the new one into the directory', async () => {
    await gossip('cluster', 'init', '--name', 'prod', ...rendezvous);
    vi.stubEnv('GOSSIP_KEY_FILE', at('ci.key'));
    expect(await gossip('cluster', 'rotate-key')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('GOSSIP_KEY_FILE') });
  });
});
