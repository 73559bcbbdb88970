/** `gossip node run` as a process of its own: what it prints, makes and leaves, and how it ends. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';
import { endAllOf, launch, until } from '../support/gossip.ts';
import type { Launched } from '../support/gossip.ts';
import { gossip, gossipJson } from './command-line.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-node-run-'));
  process.env['GOSSIP_HOME'] = home;
});
afterEach(async () => {
  await endAllOf(home);
  await rm(home, { recursive: true, force: true });
});

interface Started extends Launched {
  /** The first line on stdout. */
  readonly ready: Promise<string>;
}

function start(...flags: string[]): Started {
  const launched = launch(['node', 'run', ...flags], { home });
  const ready = new Promise<string>((resolve, reject) => {
    launched.child.stdout?.on('data', () => {
      const text = launched.stdout();
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    launched.ended.then(({ stderr }) => reject(new Error(`ended before it was ready: ${stderr}`)), reject);
  });
  ready.catch(() => undefined);
  return { ...launched, ready };
}

describe('a node with nothing set up', () => {
  it('makes a cluster of itself, says so, and is ready with one line on stdout', async () => {
    const { child, ready, ended } = start('--listen', '127.0.0.1:0', '--name', 'first');
    expect(await ready).toMatch(/^ready: first at 127\.0\.0\.1:\d+ \([0-9a-f]{64}\)$/);
    expect((await gossipJson('status')).json).toMatchObject({
      converged: null,
      nodes: [{ name: 'first', reachable: true, incarnation: 1, modules: [] }],
    });
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;
    expect([code, stdout.split('\n').length]).toEqual([0, 2]);
    expect(stderr).toContain(`Made the cluster 'local'`);
    expect(stderr).toContain(join(home, 'clusters', 'local'));
    expect(stderr).toContain(join(home, 'nodes', 'first'));
  });

  it('comes back as itself with a higher incarnation, and makes nothing new', async () => {
    const first = start('--listen', '127.0.0.1:0', '--name', 'first', '--json');
    const before = JSON.parse(await first.ready) as Record<string, string>;
    const appSocket = expect.stringMatching(/\/nodes\/first\/app\.sock$/);
    const told = { event: 'ready', name: 'first', id: expect.any(String), address: expect.any(String), appSocket, appAddress: null };
    expect(before).toEqual({ ...told, founded: 'local' });
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    const again = start('--listen', '127.0.0.1:0', '--data', join(home, 'nodes', 'first'), '--json');
    const after = JSON.parse(await again.ready) as Record<string, string>;
    expect(after).toEqual({ ...told, id: before['id'] });
    // It listens elsewhere now; commands on this machine follow it.
    await until('the node answers', async () => (await gossip('status')).exitCode === 0);
    expect((await gossipJson('status')).json).toMatchObject({ nodes: [{ incarnation: 2 }] });
    expect((await gossipJson('cluster', 'list')).json).toHaveLength(1);
    expect((await gossipJson('node', 'identity', '--data', join(home, 'nodes', 'first'))).json.id).toBe(before['id']);
  });
});

describe('a cluster that is set up by hand', () => {
  it('takes its rendezvous node by the id printed before, and others by the token', async () => {
    // The root of a cluster must name it before its node runs.
    const [port] = await freePorts(1);
    const data = join(home, 'rendezvous');
    const { id } = (await gossipJson('node', 'identity', '--data', data)).json;
    await gossipJson('cluster', 'init', '--name', 'hand', '--rendezvous', `rendezvous1=127.0.0.1:${port}=${id}`);
    const { token } = (await gossipJson('cluster', 'join-token', '--valid', '1h')).json;
    const first = start('--name', 'rendezvous1', '--data', data, '--listen', `127.0.0.1:${port}`, '--join', token, '--interval', '100ms');
    const second = start(
      '--name',
      'node1',
      '--data',
      join(home, 'node1'),
      '--listen',
      '127.0.0.1:0',
      '--join',
      token,
      '--interval',
      '100ms',
    );
    await Promise.all([first.ready, second.ready]);
    await until('node1 answers', async () => (await gossip('status', 'node1')).exitCode === 0);
    const { json } = await gossipJson('status');
    expect(json).toMatchObject({
      nodes: [
        { name: 'rendezvous1', rendezvous: true },
        { name: 'node1', rendezvous: false },
      ],
    });
  });
});

describe('a node that waits for its token', () => {
  it.each(['-', '@pipe'])('ends at the first signal when nobody writes (--join %s)', async (from) => {
    execFileSync('mkfifo', [join(home, 'pipe')]);
    const { child, ended } = launch(['node', 'run', '--listen', '127.0.0.1:0', '--data', join(home, 'data'), '--join', from], {
      home,
      // Both ends of the pipe are open, and nothing comes.
      through: ['sh', '-c', 'exec "$@" <>pipe', 'sh'],
    });
    // Node itself catches SIGTERM from its first moment; this one is the node's own.
    await until('it has its signals in hand', () => isCaught(child.pid, constants.signals.SIGPWR));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(await readdir(home)).toEqual(['pipe']);
  });
});

/** Whether a process has a handler for the signal, as Linux tells it. */
async function isCaught(pid: number | undefined, signal: number): Promise<boolean> {
  const [, caught = '0'] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

describe('a node that cannot run', () => {
  it.each<[string, string[]]>([
    ['a peer', ['--peer', 'nonsense']],
    ['a module', ['--modules', 'a,,b']],
    ['a proxy', ['--proxy', 'nonsense']],
    ['what is reached directly', ['--proxy', 'http://127.0.0.1:1', '--direct', 'nonsense']],
    ['a token beside it', ['--join', 'gossip-join-1.SECRET']],
  ])('makes no cluster when %s is wrong, and shows no secret', async (_, flags) => {
    const { code, stderr } = await start('--found', '--listen', '127.0.0.1:0', '--data', join(home, 'data'), ...flags).ended;
    expect(code).toBeGreaterThan(0);
    expect(stderr).not.toContain('SECRET');
    expect(await readdir(home)).toEqual([]);
  });

  it('leaves no data directory behind when its token is none', async () => {
    expect((await start('--listen', '127.0.0.1:0', '--data', join(home, 'data'), '--join', 'nonsense').ended).code).toBe(6);
    expect(await readdir(home)).toEqual([]);
  });

  it('says that its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { code, stderr } = await start('--listen', `127.0.0.1:${port}`, '--name', 'late').ended;
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain('[GOSSIP_E_PORT]');
    expect((await gossipJson('cluster', 'list')).json).toEqual([]);
  });

  it('says that its data directory is in use', async () => {
    const { ready } = start('--listen', '127.0.0.1:0', '--name', 'first');
    await ready;
    const { code, stderr } = await start('--listen', '127.0.0.1:0', '--name', 'first').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('[GOSSIP_E_DATA_LOCKED]');
  });

  it('says that its token is of another cluster than its data', async () => {
    const { child, ready, ended } = start('--listen', '127.0.0.1:0', '--name', 'first');
    await ready;
    child.kill('SIGTERM');
    await ended;
    await gossipJson('cluster', 'init', '--name', 'other', '--rendezvous', `r=127.0.0.1:1=${'a'.repeat(64)}`);
    const { token } = (await gossipJson('cluster', 'join-token')).json;
    const other = await start('--listen', '127.0.0.1:0', '--name', 'first', '--join', token).ended;
    expect(other.code).toBe(6);
    expect(other.stderr).toContain('[GOSSIP_E_DATA_CLUSTER]');
  });
});

describe('a cluster of two operators', () => {
  it('takes the public key of the second, and refuses a threshold that nobody can reach', async () => {
    const pem = join(home, 'second.pub');
    const { generateKeyPairSync } = await import('node:crypto');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(pem, generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
    const init = (...flags: string[]) => gossipJson('cluster', 'init', '--rendezvous', `r=127.0.0.1:1=${'a'.repeat(64)}`, ...flags);
    expect(await init('--name', 'two', '--deployer', pem, '--deploy-threshold', '2')).toMatchObject({ exitCode: 0 });
    const root = JSON.parse(await readFile(join(home, 'clusters', 'two', 'root.json'), 'utf8')) as { payload: string };
    expect(JSON.parse(Buffer.from(root.payload, 'base64').toString())).toMatchObject({
      roles: { deploy: { threshold: 2, keys: [{}, {}].map(() => expect.any(String)) } },
    });
    expect(await init('--name', 'three', '--deploy-threshold', '2')).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'GOSSIP_E_USAGE' } },
    });
    expect(await init('--name', 'four', '--deployer', join(home, 'settings.json'))).toMatchObject({
      exitCode: 6,
      json: { error: { code: 'GOSSIP_E_KEY' } },
    });
  });
});

describe('a gossip round that no timer can wait for', () => {
  it.each([
    ['node', 'run'],
    ['lab', 'up'],
  ])('is refused by %s %s', async (...command) => {
    const refused = {
      exitCode: 2,
      json: { error: { code: 'GOSSIP_E_USAGE', message: expect.stringContaining("'30d' is longer than 1h") } },
    };
    expect(await gossipJson(...command, '--interval', '30d')).toMatchObject(refused);
  });
});
