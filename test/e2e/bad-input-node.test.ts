/** Bad input: nodes that cannot start: address, data directory or token are not usable. Each says why, and leaves nothing behind. */
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { gossip, launch, startNode, until } from '../support/gossip.ts';
import type { RunSettings } from '../support/gossip.ts';

const TEST_MS = 120_000;
const NOBODY = 65_534;
const SOMEWHERE = `rendezvous1=127.0.0.1:1=${'a'.repeat(64)}`;

vi.setConfig({ testTimeout: TEST_MS, hookTimeout: TEST_MS });

let home: string;
let token: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-bad-node-'));
  await gossip(['cluster', 'init', '--rendezvous', SOMEWHERE], { home });
  token = await joinToken();
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function joinToken(...flags: readonly string[]): Promise<string> {
  return (await gossip<{ token: string }>(['cluster', 'join-token', '--json', ...flags], { home })).json.token;
}

/** Why the node does not start, and with which exit code. */
async function refusal(
  flags: readonly string[],
  settings: Partial<RunSettings> = {},
): Promise<readonly [string | undefined, number | null]> {
  const listen = flags.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const args = ['node', 'run', ...listen, '--name', 'late', '--log-level', 'silent', ...flags];
  const { code, stdout, stderr } = await gossip(args, { home, ...settings });
  expect(stdout).toBe('');
  const [, name] = /^Error: [^\n]+ \[(GOSSIP_E_[A-Z_]+)\]\n {2}[^\n]+\n$/.exec(stderr) ?? [];
  return [name ?? stderr, code];
}

async function occupied(): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('an address to listen at', () => {
  it('that another program has is refused, and a cluster is not made for it', async () => {
    const server = await occupied();
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(await refusal(['--listen', address])).toEqual(['GOSSIP_E_PORT', 1]);
      expect(await refusal(['--listen', address, '--join', token])).toEqual(['GOSSIP_E_PORT', 1]);
    } finally {
      server.close();
    }
    expect((await gossip(['cluster', 'list', '--json'], { home })).json).toMatchObject([{ name: 'default' }]);
  });

  it.each([
    ['localhost:7946', 'GOSSIP_E_ADDRESS', 2],
    ['127.0.0.1', 'GOSSIP_E_ADDRESS', 2],
    ['127.0.0.1:99999', 'GOSSIP_E_ADDRESS', 2],
    ['192.0.2.1:7946', 'GOSSIP_E_PORT', 1],
  ])('such as %s, which is none or not of this machine, is refused', async (address, code, exit) => {
    expect(await refusal(['--listen', address, '--join', token, '--data', join(home, 'nowhere')])).toEqual([code, exit]);
  });
});

describe('a data directory', () => {
  it('that a running node uses is refused', async () => {
    const data = join(home, 'used');
    const node = await startNode(['--listen', '127.0.0.1:0', '--data', data, '--join', token], { home });
    try {
      expect(await refusal(['--data', data])).toEqual(['GOSSIP_E_DATA_LOCKED', 1]);
      expect(await refusal(['--data', data, '--join', token])).toEqual(['GOSSIP_E_DATA_LOCKED', 1]);
    } finally {
      await node.stop();
    }
  });

  it('below a file, or where no directory can be made, is refused', async () => {
    await writeFile(join(home, 'file'), '');
    for (const data of [join(home, 'file'), join(home, 'file', 'data'), '/proc/gossip']) {
      expect([data, ...(await refusal(['--data', data, '--join', token]))]).toEqual([data, 'GOSSIP_E_DATA_UNWRITABLE', 1]);
      expect([data, ...(await refusal(['--data', data]))]).toEqual([data, 'GOSSIP_E_NO_CLUSTER', 1]);
    }
    expect((await gossip(['cluster', 'list', '--json'], { home })).json).toMatchObject([{ name: 'default' }]);
  });

  it('that this user may not write is refused, and stays as it was', async ({ skip }) => {
    const settings = await asNobody();
    const { code } = await gossip(['--version'], { home, ...settings }).catch(() => ({ code: 1 }));
    skip(code !== 0, 'the superuser may write everything, and nobody else can run the program here');
    const closed = join(home, 'closed');
    await mkdir(closed, { mode: 0o555 });
    expect(await refusal(['--data', closed, '--join', token], settings)).toEqual(['GOSSIP_E_DATA_UNWRITABLE', 1]);
    expect(await refusal(['--data', join(closed, 'data'), '--join', token], settings)).toEqual(['GOSSIP_E_DATA_UNWRITABLE', 1]);
    expect(await readdir(closed)).toEqual([]);
  });

  it('of another cluster than the token is refused, and stays of its own', async () => {
    const data = join(home, 'ours');
    await (await startNode(['--listen', '127.0.0.1:0', '--data', data, '--join', token], { home })).stop();
    const other = join(home, 'other');
    await mkdir(other);
    await gossip(['cluster', 'init', '--name', 'other', '--rendezvous', SOMEWHERE], { home: other });
    const foreign = (await gossip<{ token: string }>(['cluster', 'join-token', '--json'], { home: other })).json.token;
    expect(await refusal(['--data', data, '--join', foreign])).toEqual(['GOSSIP_E_DATA_CLUSTER', 6]);
    const node = await startNode(['--listen', '127.0.0.1:0', '--data', data], { home });
    await node.stop();
  });
});

/** The superuser may write everywhere, so somebody else tries. */
async function asNobody(): Promise<Partial<RunSettings>> {
  if (process.getuid?.() !== 0) return {};
  const theirs = join(home, 'nobody');
  await mkdir(theirs);
  await chmod(home, 0o755);
  await chown(theirs, NOBODY, NOBODY);
  const env = { HOME: theirs, XDG_DATA_HOME: theirs, XDG_CACHE_HOME: theirs, XDG_CONFIG_HOME: theirs };
  return { home: theirs, env, through: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] };
}

describe('a log that cannot be written', () => {
  it.each(['json', 'pretty'])('costs the node nothing but its %s lines', async (format) => {
    const data = join(home, `logless-${format}`);
    const flags = ['--listen', '127.0.0.1:0', '--data', data, '--join', token, '--log-format', format];
    const node = await startNode(flags, { home, through: ['sh', '-c', 'exec "$0" "$@" 2>/dev/full'] });
    expect((await node.stop()).code).toBe(0);
    const ended = launch(['node', 'run', ...flags], { home, through: ['sh', '-c', 'exec "$0" "$@" >/dev/full 2>&1'] });
    await until('it runs a second time', async () => (await readFile(join(data, 'journal.jsonl'), 'utf8')).split('"started"').length === 3);
    ended.child.kill('SIGTERM');
    expect((await ended.ended).code).toBe(0);
  });
});

describe('a join token', () => {
  const data = (): string => join(home, 'newcomer');

  it('that was cut off, broken over lines, changed or doubled is refused before anything is made', async () => {
    const middle = Math.floor(token.length / 2);
    const other = token.charAt(middle) === 'A' ? 'B' : 'A';
    const mangled = {
      cut: token.slice(0, -1),
      half: token.slice(0, middle),
      changed: `${token.slice(0, middle)}${other}${token.slice(middle + 1)}`,
      broken: `${token.slice(0, middle)}\n${token.slice(middle)}`,
      doubled: token + token,
      other: 'ssh-ed25519 AAAA',
    };
    for (const [how, text] of Object.entries(mangled)) {
      expect([how, ...(await refusal(['--data', data(), '--join', text]))]).toEqual([how, 'GOSSIP_E_TOKEN', 6]);
    }
    await expect(readdir(data())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that has expired is refused', async () => {
    const short = await joinToken('--valid', '1s');
    // A directory of its own for each try: one that got in before the end is a member's from then on.
    let tries = 0;
    const outcome = await until('the token has expired', async () => {
      const directory = join(home, `late-${(tries += 1)}`);
      const [code, exit] = await refusal(['--data', directory, '--join', short, '--listen', '192.0.2.1:1']);
      return code !== 'GOSSIP_E_PORT' && [code, exit];
    });
    expect(outcome).toEqual(['GOSSIP_E_TOKEN_EXPIRED', 6]);
  });
});
