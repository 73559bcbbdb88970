/** The hints of `cluster init` work when they are pasted, and no token shows in the list of processes. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { gossip, gossipHere, tidily, until, withDirectory } from '../support/gossip.ts';

const BIN = dirname(fileURLToPath(new URL('../../bin/gossip', import.meta.url)));

test('what cluster init prints to be pasted makes a node that the cluster knows', async () => {
  await withDirectory(async (home) => {
    const data = join(home, 'data');
    const [port] = await freePorts(1);
    const { id } = (await gossip<{ id: string }>(['node', 'identity', '--data', data, '--json'], { home })).json;
    const { stdout } = await gossip(['cluster', 'init', '--rendezvous', `r1=127.0.0.1:${port}=${id}`], { home });
    const [token, run, ...more] = stdout.split('\n').filter((line) => line.startsWith('  gossip '));
    expect(more).toEqual([]);
    const env = { ...process.env, GOSSIP_HOME: home, PATH: `${BIN}:${process.env['PATH']}` };

    expect(spawnSync('sh', ['-c', token ?? ''], { cwd: home, env }).status).toBe(0);
    const undirected = spawnSync('sh', ['-c', run ?? ''], { cwd: home, env, encoding: 'utf8' });
    expect([undirected.status, undirected.stderr]).toEqual([expect.any(Number), expect.stringContaining('DATA: is the directory')]);
    expect(undirected.status).not.toBe(0);

    const node = spawn('sh', ['-c', `exec ${run?.trim()}`], { cwd: home, env: { ...env, DATA: data }, stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => node.once('exit', resolve));
    await tidily(
      async () => {
        const status = await until('the node answers at the address of its root', async () => {
          const asked = await gossipHere<ClusterStatus>(['status', '--json'], home);
          return asked.code === 0 && asked.json;
        });
        expect(status.nodes).toMatchObject([{ name: 'r1', reachable: true }]);
        expect(await readFile(`/proc/${node.pid}/cmdline`, 'utf8')).not.toContain('gossip-join-1');
      },
      async () => {
        node.kill('SIGTERM');
        expect(await ended).toBe(0);
      },
    );
  });
}, 120_000);
