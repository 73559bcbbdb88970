/** The question before a change of a cluster of several machines: without a terminal, and on one. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';
import { endAllOf, gossip, startNode, until } from '../support/gossip.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/gossip', import.meta.url));
/** Makes a terminal for a command; that of macOS takes other words. */
const SCRIPT = '/usr/bin/script';
const TIMEOUT_MS = 120_000;

let home: string;
let to: string;
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  gossip([...args], { home, env: { GOSSIP_TO: to, ...env } });
const deployments = async (): Promise<unknown> =>
  ((await run(['config', 'show', '--json'])).json as unknown as readonly { deployment: string }[]).map(({ deployment }) => deployment);

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gossip-confirm-'));
  const [port] = await freePorts(1);
  to = `127.0.0.1:${port}`;
  // The root names an address that is not of this machine; commands reach the node by --to.
  await startNode(['--found', '--data', join(home, 'data'), '--listen', to, '--advertise', `10.255.255.1:${port}`], { home });
}, TIMEOUT_MS);
afterAll(async () => {
  await endAllOf(home);
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const DEPLOY = ['deploy', '--module', 'membership'];

describe('where no terminal is', () => {
  test(
    'nothing is changed without --yes, and it is said what to do',
    async () => {
      expect(await run(DEPLOY)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^Error: there is no terminal.*nothing was changed \[GOSSIP_E_UNCONFIRMED\]\n {2}.*--yes.*\n$/),
      });
      for (const args of [
        DEPLOY,
        ['remove', 'membership'],
        ['rollback', 'd1'],
        ['module', 'settings', 'membership', '--set', 'x=1'],
        ['cluster', 'rotate-key'],
      ])
        expect((await run([...args, '--json'])).json).toMatchObject({ error: { code: 'GOSSIP_E_UNCONFIRMED' } });
      expect((await run(DEPLOY, { GOSSIP_YES: 'maybe' })).code).toBe(2);
      expect(await deployments()).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'what changes nothing is done; with --yes the change is named and made',
    async () => {
      const file = join(home, 'membership.gossip');
      expect((await run([...DEPLOY, '--dry-run'])).code).toBe(0);
      expect((await run([...DEPLOY, '--write', file])).code).toBe(0);
      expect(await run(['config', 'inject', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('GOSSIP_E_UNCONFIRMED') });
      expect(await deployments()).toEqual([]);
      const injected = await run(['config', 'inject', file, '--yes']);
      expect(injected).toMatchObject({ code: 0, stdout: expect.stringMatching(/^d1 {2}membership/) });
      expect(injected.stderr).toMatch(
        /^Cluster 'local' \([0-9a-f]{12}\)\n {2}.* knows no other node\n {2}membership: nothing -> d1 [\d.]+ [0-9a-f]{12}\n {2}signed by [0-9a-f]{12}\n/,
      );
      const deployed = await run([...DEPLOY, '--scrub', '-m', 'why not'], { GOSSIP_YES: '1' });
      expect(deployed).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(
          /membership: d1 .* -> d2 .*\n {2}the state on every node is thrown away\n {2}why: why not\n {2}signed by/,
        ),
      });
      expect(await deployments()).toEqual(['d2']);
      expect((await run([...DEPLOY, '--yes', '--json'])).stderr).toBe('');
      expect(await deployments()).toEqual(['d3']);
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(process.platform !== 'linux' || !existsSync(SCRIPT))('on a terminal', () => {
  /** `gossip ARGS` on a terminal; `meanwhile`, and then `keys`, when it asks. */
  async function typed(
    keys: string,
    args: readonly string[],
    meanwhile?: () => Promise<unknown>,
  ): Promise<{ code: unknown; screen: string }> {
    const terminal = spawn(SCRIPT, ['-qefc', `stty cols 120 rows 24; exec ${PROGRAM} ${args.join(' ')}`, '/dev/null'], {
      env: { PATH: process.env['PATH'], TERM: 'xterm', GOSSIP_HOME: home, GOSSIP_TO: to },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    onTestFinished(() => void terminal.kill('SIGKILL'));
    let screen = '';
    terminal.stdout.on('data', (chunk) => (screen += String(chunk)));
    const ended = new Promise((resolve) => terminal.once('close', resolve));
    await until('it asks', async () => screen.includes('Continue? [y/N]'));
    await meanwhile?.();
    terminal.stdin.write(keys);
    return { code: await ended, screen };
  }
  const remove = ['remove', 'membership'];

  test.each([
    ['n\r', 2, 'not confirmed; nothing was changed [GOSSIP_E_UNCONFIRMED]'],
    ['\r', 2, 'not confirmed; nothing was changed [GOSSIP_E_UNCONFIRMED]'],
    ['\u0004', 2, 'not confirmed; nothing was changed [GOSSIP_E_UNCONFIRMED]'],
    ['\u0003', 130, 'Interrupted; nothing was changed.'],
  ])(
    'every answer but yes changes nothing, and is not silent: %j',
    async (keys, code, text) => {
      const before = await deployments();
      const ended = await typed(keys, remove);
      expect(ended).toEqual({ code, screen: expect.stringContaining(text) });
      expect(ended.screen).toMatch(/membership: d\d .* -> d\d removed/);
      expect(await deployments()).toEqual(before);
    },
    TIMEOUT_MS,
  );

  test(
    'what was shown is what is changed: a deployment that comes while the question stands has it refused; asked anew, yes does it',
    async () => {
      const overtaken = await typed('y\r', remove, async () => expect((await run([...DEPLOY, '--yes'])).code).toBe(0));
      expect(overtaken).toEqual({ code: 8, screen: expect.stringContaining('GOSSIP_E_EXPECT') });
      expect(await typed('yes\r', [...remove, '--json'])).toMatchObject({ code: 0, screen: expect.stringContaining('"deployment": "d5"') });
    },
    TIMEOUT_MS,
  );
});
