/** The commands against a real node in this process, over real TLS. Its modules need no host: what matters here is what commands do. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runNode } from '../../src/core/run.ts';
import type { RunningNode } from '../../src/core/run.ts';
import { makeOneNodeCluster } from '../../src/operator/cluster/one-node-cluster.ts';
import { openSettings } from '../../src/operator/settings/settings.ts';
import { gossip, gossipJson } from './command-line.ts';

let home: string;
let node: RunningNode;
let code: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-commands-'));
  process.env['GOSSIP_HOME'] = home;
  process.env['GOSSIP_AUTHOR'] = 'ada@test';
  const dataDir = join(home, 'data');
  const wishes = { name: 'solo', dataDir, listen: '127.0.0.1:0', advertise: undefined };
  const { token, listen } = await makeOneNodeCluster(openSettings(), wishes);
  node = await runNode({
    name: 'solo',
    dataDir,
    listen,
    token,
    intervalMs: 200,
    modules: [],
    logLevel: 'silent',
    logFormat: 'json',
  });
  code = join(home, 'counter');
  await mkdir(code);
  await writeFile(join(code, 'module.json'), JSON.stringify({ name: 'counter', version: '1.0.0', entry: 'index.mjs', api: 1 }));
  await writeFile(join(code, 'index.mjs'), 'export default class Counter {}');
});
afterAll(async () => {
  await node.stop();
  await rm(home, { recursive: true, force: true });
});

const deploy = (...flags: string[]) => gossipJson('deploy', code, '--no-check', ...flags);
let version = 0;
/** Every test deploys other bytes than the last. */
beforeEach(() => writeFile(join(code, 'index.mjs'), `export default class Counter${(version += 1)} {}`));

describe('a join token', () => {
  it('goes alone to standard output, is listed by its fingerprint, and revoked by some digits of that or by itself', async () => {
    const { stdout, stderr } = await gossip('cluster', 'join-token', '--valid', '1h');
    expect(stdout).toMatch(/^gossip-join-1\.\S+\n$/);
    const first = /^Token ([0-9a-f]{64}), until \d{4}-\S+Z\n$/.exec(stderr)?.[1] as string;
    const other = (await gossipJson('cluster', 'join-token')).json as unknown as { fingerprint: string; token: string };
    expect(other.fingerprint).toMatch(/^[0-9a-f]{64}$/);

    expect((await gossip('cluster', 'revoke-token', first.slice(0, 8))).stdout).toContain(`token ${first.slice(0, 12)} is revoked`);
    expect((await gossipJson('cluster', 'revoke-token', first)).json).toMatchObject({
      kind: 'revoke-token',
      token: first,
      outcome: 'known',
    });
    const { json } = await gossipJson('cluster', 'tokens');
    expect(json).toMatchObject({
      answered: 1,
      tokens: [
        { fingerprint: other.fingerprint, state: 'admits', revoked: null },
        { fingerprint: first, state: 'revoked', revoked: { author: 'ada@test' } },
      ],
    });
    const file = join(home, 'other.token');
    await writeFile(file, `${other.token}\n`);
    expect((await gossipJson('cluster', 'revoke-token', `@${file}`)).json).toMatchObject({ token: other.fingerprint, outcome: 'entered' });
    const listed = await gossip('cluster', 'tokens');
    expect(listed.stdout.match(/ revoked .* by ada@test at /g)).toHaveLength(2);
    expect(listed.stdout).not.toContain('gossip-join');
    expect(listed.stderr).toBe('');
  });

  it('is given out and can be revoked where the list of them is damaged, which is said', async () => {
    const path = join(openSettings().cluster('local').directory, 'tokens.json');
    const before = await readFile(path);
    await writeFile(path, '{');
    try {
      const { exitCode, stdout, stderr } = await gossip('cluster', 'join-token');
      expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^gossip-join-1\.\S+\n$/)]);
      expect(stderr).toContain('Not noted');
      const fingerprint = /^Token ([0-9a-f]{64})/m.exec(stderr)?.[1] as string;
      expect(await gossip('cluster', 'revoke-token', fingerprint)).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('damaged'),
      });
      expect((await gossipJson('cluster', 'tokens')).json.error.code).toBe('GOSSIP_E_FILE');
    } finally {
      await writeFile(path, before);
    }
  });

  it('is listed where no node answers, which is said', async () => {
    const rendezvous = `r1=127.0.0.1:1=${'0'.repeat(63)}1`;
    await gossip('cluster', 'init', '--name', 'lonely', '--rendezvous', rendezvous);
    try {
      expect((await gossip('cluster', 'tokens')).stdout).toContain('No token was made here');
      const { fingerprint } = (await gossipJson('cluster', 'join-token')).json as unknown as { fingerprint: string };
      const { exitCode, stdout, stderr } = await gossip('cluster', 'tokens');
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining(fingerprint.slice(0, 12))]);
      expect(stderr).toBe('No node answers: what was revoked elsewhere is not known.\n');
      expect((await gossipJson('cluster', 'tokens')).json).toMatchObject({ answered: 0, tokens: [{ fingerprint, state: 'admits' }] });
      expect((await gossipJson('cluster', 'revoke-token', fingerprint)).json.error.code).toBe('GOSSIP_E_UNREACHABLE');
    } finally {
      await gossip('cluster', 'use', 'local');
    }
  });
});

describe('a deployment', () => {
  it('is named, and carries the hash that module hash prints', async () => {
    const { stdout } = await gossip('module', 'hash', code);
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    const { exitCode, json } = await deploy('--module', 'counter', '-m', 'first', '--to', 'solo');
    expect(exitCode).toBe(0);
    expect(json).toEqual({
      deployment: expect.stringMatching(/^d\d+$/),
      number: { sequence: expect.any(Number), time: expect.any(Number), origin: expect.stringMatching(/^[0-9a-f]{64}$/) },
      module: 'counter',
      code: stdout.trim(),
      injectedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      node: 'solo',
      cluster: 'local',
      clusterId: expect.stringMatching(/^[0-9a-f]{64}$/),
      lab: false,
      clusterNodes: 1,
    });
    const history = await gossipJson('history', '--module', 'counter');
    expect(history.json[0]).toMatchObject({
      deployment: json.deployment,
      author: 'ada@test',
      message: 'first',
      superseded: null,
      code: stdout.trim(),
    });
  });

  it('that no node may run is not called done: --wait and rollout say so, and what was seen', async () => {
    const { exitCode, json } = await deploy('--wait', '--timeout', '10s');
    expect(exitCode).toBe(5);
    const nowhere = { converged: { outcome: 'nowhere', nodes: 0, elsewhere: 1, answered: 1 }, error: { code: 'GOSSIP_E_HELD' } };
    expect(json).toMatchObject({ cluster: 'local', ...nowhere });
    expect((await gossipJson('rollout', json.deployment)).json).toMatchObject({ deployment: json.deployment, ...nowhere });
    expect((await gossipJson('status')).json).toMatchObject({
      converged: true,
      newest: { counter: { deployment: json.deployment, code: json.code, version: '1.0.0' } },
      nodes: [{ name: 'solo', reachable: true, modules: [{ name: 'counter', state: 'stopped' }] }],
    });
  });

  it('is refused with exit code 8 when the newest is not the expected one', async () => {
    const { json } = await deploy();
    expect((await deploy('--expect', json.deployment)).exitCode).toBe(0);
    const late = await deploy('--expect', json.deployment);
    expect(late).toMatchObject({ exitCode: 8, json: { error: { code: 'GOSSIP_E_EXPECT' } } });
  });

  it('is only told of with --dry-run', async () => {
    const before = (await gossipJson('history')).json.length;
    expect((await deploy('--dry-run')).json).toMatchObject({
      dryRun: true,
      module: 'counter',
      files: 2,
      changes: true,
      audience: { nodes: 1, answered: 1 },
      expected: { nodes: 1 },
    });
    expect((await deploy('--dry-run', '--detailed-exitcode')).exitCode).toBe(9);
    expect((await gossipJson('history')).json).toHaveLength(before);
  });

  it('can be rolled back to, and removed', async () => {
    const first = (await deploy('--settings', '{"step":1}')).json;
    await writeFile(join(code, 'index.mjs'), 'export default class Poison {}');
    const second = (await deploy('--settings', '{"step":2}')).json;
    const back = await gossip('rollback', first.deployment, '--scrub');
    expect(back.exitCode).toBe(0);
    expect(back.stderr).toContain(`gossip rollback ${second.deployment}`);
    const shown = (await gossipJson('config', 'show')).json[0];
    expect(shown).toMatchObject({
      code: { hash: first.code },
      settings: { step: 1 },
      scrub: true,
      threshold: 1,
      signers: [expect.any(String)],
    });
    expect((await gossip('remove', 'counter')).stdout).toMatch(/^d\d+ {2}removes counter\n$/);
    expect((await gossipJson('status')).json.newest.counter).toMatchObject({ code: null });
    expect((await gossipJson('rollback', (await gossipJson('history')).json[0]?.deployment ?? '')).json.error.code).toBe(
      'GOSSIP_E_DEPLOYMENT_UNKNOWN',
    );
  });
});

describe('a signed configuration file', () => {
  it('is written, checked, looked at and injected', async () => {
    const file = join(home, 'counter.gossip');
    const { json } = await deploy('--write', file);
    const before = (await gossipJson('history')).json.length;
    expect((await gossipJson('config', 'verify', file)).json).toMatchObject({
      valid: true,
      module: 'counter',
      signers: [expect.any(String)],
    });
    expect((await gossipJson('config', 'show', file)).json).toMatchObject({
      deployment: json.deployment,
      files: [{ path: 'index.mjs' }, { path: 'module.json' }],
    });
    expect((await gossipJson('config', 'sign', file)).json).toMatchObject({ signatures: 1, threshold: 1, complete: true });
    expect((await gossipJson('config', 'inject', file)).json).toMatchObject({ outcome: 'applied', deployment: json.deployment });
    expect((await gossipJson('config', 'inject', file)).json).toMatchObject({ outcome: 'known' });
    expect((await gossipJson('history')).json).toHaveLength(before + 1);
  });

  it('is refused with exit code 6 after any change of one byte', async () => {
    const file = join(home, 'changed.gossip');
    await deploy('--write', file);
    const bytes = await readFile(file);
    for (let at = 20; at < bytes.length; at += 149) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(file, changed);
      expect([at, (await gossipJson('config', 'inject', file)).exitCode]).toEqual([at, 6]);
    }
  });

  it.each([
    ['a rollback', 'rollback', (name: string) => [name], { code: expect.stringMatching(/^sha256:/) }],
    ['a removal', 'remove', () => ['counter'], { code: null }],
  ])('holds %s too, or several operators could never repair together', async (_, command, args, made) => {
    const { json: deployed } = await deploy();
    const file = join(home, `${command}.gossip`);
    const before = (await gossipJson('history')).json.length;
    const { exitCode, json: written } = await gossipJson(command, ...args(deployed.deployment), '--write', file);
    expect([exitCode, written]).toEqual([0, expect.objectContaining({ ...made, module: 'counter', file, complete: true })]);
    expect((await gossipJson('history')).json).toHaveLength(before);
    expect((await gossipJson('config', 'verify', file)).json).toMatchObject({ valid: true, deployment: written.deployment });
    expect((await gossipJson('config', 'inject', file)).json).toMatchObject({ ...made, outcome: 'applied' });
    expect((await gossipJson('history')).json).toHaveLength(before + 1);
  });

  it('is not outdated by another module: each is then named by its own', async () => {
    const file = join(home, 'patient.gossip');
    const { json: written } = await deploy('--write', file);
    const { json: other } = await gossipJson('deploy', '--module', 'registry');
    expect(other.deployment).toBe(written.deployment);
    expect(await gossipJson('config', 'inject', file)).toMatchObject({ exitCode: 0, json: { outcome: 'applied' } });
    const names = (await gossipJson('history')).json as unknown as { deployment: string }[];
    const [name] = [written.deployment];
    expect(
      names
        .map(({ deployment }) => deployment)
        .filter((each) => each.startsWith(`${name}@`))
        .toSorted(),
    ).toEqual([`${name}@counter`, `${name}@registry`]);
    expect(await gossipJson('rollback', name)).toMatchObject({ exitCode: 2, json: { error: { code: 'GOSSIP_E_DEPLOYMENT_AMBIGUOUS' } } });
  });

  it('whose number was taken meanwhile is refused with exit code 8', async () => {
    const file = join(home, 'late.gossip');
    await deploy('--write', file);
    await deploy();
    expect(await gossipJson('config', 'inject', file)).toMatchObject({ exitCode: 8, json: { error: { code: 'GOSSIP_E_NUMBER_TAKEN' } } });
  });

  it('of another cluster is refused', async () => {
    const file = join(home, 'foreign.gossip');
    await deploy('--write', file);
    await gossipJson('cluster', 'init', '--name', 'other', '--rendezvous', `r=127.0.0.1:1=${'a'.repeat(64)}`);
    try {
      expect(await gossipJson('config', 'verify', file)).toMatchObject({ exitCode: 6 });
    } finally {
      await gossipJson('cluster', 'use', 'local');
    }
  });
});

describe('bad input', () => {
  it.each([
    ['an unknown command', ['deplyo'], 2, 'GOSSIP_E_USAGE'],
    ['an unknown flag', ['status', '--nosuch'], 2, 'GOSSIP_E_USAGE'],
    ['a missing argument', ['rollback'], 2, 'GOSSIP_E_USAGE'],
    ['an argument too many', ['history', 'x'], 2, 'GOSSIP_E_USAGE'],
    ['a hostile module name', ['deploy', '--module', '__proto__'], 2, 'GOSSIP_E_MODULE_NAME'],
    ['a module that is nowhere', ['deploy', '--module', 'nosuch'], 2, 'GOSSIP_E_CODE_PATH'],
    ['a module that was never deployed', ['remove', 'nosuch'], 1, 'GOSSIP_E_MODULE_UNKNOWN'],
    ['a module that was never deployed', ['history', '--module', 'nosuch'], 1, 'GOSSIP_E_MODULE_UNKNOWN'],
    ['a module that does not run', ['module', 'inspect', 'nosuch'], 1, 'GOSSIP_E_MODULE_ABSENT'],
    ['an unknown node', ['status', 'nosuch'], 1, 'GOSSIP_E_NODE_UNKNOWN'],
    ['an address where nobody listens', ['status', '127.0.0.1:1'], 3, 'GOSSIP_E_UNREACHABLE'],
    ['an unknown deployment', ['rollback', 'd9999'], 1, 'GOSSIP_E_DEPLOYMENT_UNKNOWN'],
    ['no deployment name', ['rollback', 'first'], 2, 'GOSSIP_E_DEPLOYMENT_NAME'],
    ['an unknown cluster', ['status', '--cluster', 'nosuch'], 1, 'GOSSIP_E_NO_CLUSTER'],
    ['no duration', ['cluster', 'join-token', '--valid', '5'], 2, 'GOSSIP_E_USAGE'],
    ['too few digits of a token', ['cluster', 'revoke-token', 'abc'], 6, 'GOSSIP_E_TOKEN'],
    ['a token that nobody knows', ['cluster', 'revoke-token', 'abcdef0123'], 6, 'GOSSIP_E_TOKEN'],
    ['what is no token', ['cluster', 'revoke-token', 'node1'], 6, 'GOSSIP_E_TOKEN'],
    ['a token in a file that is absent', ['cluster', 'revoke-token', '@/nosuch'], 1, 'GOSSIP_E_FILE'],
    ['a token in a file of something else', ['cluster', 'revoke-token', '@/etc/passwd'], 6, 'GOSSIP_E_TOKEN'],
    ['no token', ['cluster', 'revoke-token'], 2, 'GOSSIP_E_USAGE'],
    ['a path that is absent', ['deploy', '/nosuch'], 2, 'GOSSIP_E_CODE_PATH'],
    ['a path that is absent', ['module', 'hash', '/nosuch'], 2, 'GOSSIP_E_CODE_PATH'],
    ['a rendezvous node without id', ['cluster', 'init', '--name', 'x', '--rendezvous', 'a=127.0.0.1:1'], 2, 'GOSSIP_E_USAGE'],
    ['a file that is absent', ['config', 'inject', '/nosuch'], 1, 'GOSSIP_E_FILE'],
    ['a file of something else', ['config', 'verify', '/etc/hostname'], 6, 'GOSSIP_E_CANONICAL'],
    ['a damaged token', ['node', 'run', '--data', '/tmp/nosuch-gossip/x', '--join', 'gossip-join-1.AAAA'], 6, 'GOSSIP_E_TOKEN'],
  ])('%s: %j', async (_, argv, exitCode, errorCode) => {
    const answer = await gossipJson(...argv);
    expect(answer.json).toEqual({ error: { code: errorCode, message: expect.any(String), advice: expect.any(String) } });
    expect(answer.exitCode).toBe(exitCode);
    const text = await gossip(...argv);
    expect(text.stdout).toBe('');
    expect(text.stderr).toMatch(new RegExp(`^Error: [^\\n]+ \\[${errorCode}\\]\\n {2}[^\\n]+\\n$`));
  });

  it('of code is refused before anything is sent', async () => {
    const broken = join(home, 'broken');
    await mkdir(broken);
    const answer = async () => (await gossipJson('deploy', broken, '--module', 'counter')).json.error.code;
    expect(await answer()).toBe('GOSSIP_E_CODE_PATH');
    await writeFile(join(broken, 'index.mjs'), '');
    expect(await answer()).toBe('GOSSIP_E_MODULE_JSON');
    for (const text of [
      '{',
      '{"name":"counter"}',
      '{"name":"other","version":"1","entry":"index.mjs","api":1}',
      '{"name":"counter","version":"1","entry":"main.js","api":1}',
    ]) {
      await writeFile(join(broken, 'module.json'), text);
      expect([text, await answer()]).toEqual([text, 'GOSSIP_E_MODULE_JSON']);
    }
  });
});

describe('help', () => {
  it('is there for every command, with examples', async () => {
    for (const argv of [['deploy'], ['node', 'run'], ['cluster', 'init'], ['config', 'sign'], ['module', 'check']]) {
      const { exitCode, stdout } = await gossip(...argv, '--help');
      expect([argv, exitCode]).toEqual([argv, 0]);
      expect(stdout).toContain('EXAMPLES');
      expect((await gossip('help', ...argv)).stdout).toBe(stdout);
    }
  });
});
