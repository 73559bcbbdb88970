/** A user id without an entry in the passwd file and without HOME, as containers run programs. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { initCluster, makeJoinToken, openOperatorKey } from '../../src/operator/cluster/clusters.ts';
import { openSettings } from '../../src/operator/settings/settings.ts';
import { peer } from '../support/records.ts';
import { launch, startNode, withDirectory } from '../support/gossip.ts';

const UNKNOWN = 54_321;
/** Only the superuser can become somebody who is not known. */
const become = process.getuid?.() === 0 ? ['setpriv', `--reuid=${UNKNOWN}`, `--regid=${UNKNOWN}`, '--clear-groups'] : [];
const through = [
  'env',
  ...['HOME', 'SHELL', 'GOSSIP_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'].flatMap((name) => ['-u', name]),
  ...become,
];

async function run(argv: readonly string[], home: string): Promise<[number | null, string]> {
  const { code, stderr } = await launch(argv, { home, cwd: '/', through }).ended;
  return [code, stderr];
}

it.each([[['--version']], [['--help']], [['completion', 'fish']], [['simulate', '--nodes', '3', '--seeds', '1']]])(
  'runs what needs no settings: %j',
  async (argv) => withDirectory(async (home) => expect(await run(argv, home)).toEqual([0, ''])),
);

it.runIf(become.length > 0)('runs with a HOME that is somebody else’s, without a word about it', async () =>
  withDirectory(async (home) => {
    const { code, stderr } = await launch(['--version'], { home, cwd: '/', through: [...through, 'env', 'HOME=/root'] }).ended;
    expect([code, stderr]).toEqual([0, '']);
  }),
);

it.runIf(become.length > 0)('is told by the others to set GOSSIP_HOME', async () =>
  withDirectory(async (home) => {
    const init = ['cluster', 'init', '--rendezvous', `a=127.0.0.1:7946=${peer(1).id}`];
    expect(await run(init, home)).toEqual([1, expect.stringContaining('GOSSIP_HOME')]);
    expect(await run(['node', 'run'], home)).toEqual([1, expect.stringContaining('GOSSIP_HOME')]);
  }),
);

it('runs a node that says all it needs', async () =>
  withDirectory(async (home) => {
    const cluster = await initCluster(openSettings({ GOSSIP_HOME: join(home, 'ops') }), { name: 'one', rendezvous: [peer(1)] });
    const key = await openOperatorKey(cluster, { passphrase: () => Promise.resolve('') });
    const { token } = makeJoinToken(cluster, key, { validMs: 600_000, now: Date.now() });
    const open = join(home, 'open');
    await mkdir(open);
    await chmod(home, 0o755);
    await chmod(open, 0o777);
    const node = await startNode(['--listen', '127.0.0.1:0', '--join', token, '--data', join(open, 'data')], { home, cwd: '/', through });
    const { code, stderr } = await node.stop();
    expect(code).toBe(0);
    expect(stderr).not.toContain('settings');
  }));
