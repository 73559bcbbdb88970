/** `gossip lab up` and `down`: two labs of one operator side by side, each of which ends exactly its own processes. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { gossip, gossipHere, launch, until, withDirectory } from '../support/gossip.ts';
import type { Ran } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import { endingAllBelow, processesBelow } from '../support/processes.ts';

interface LabJson {
  readonly dir: string;
  readonly cluster: string;
  readonly nodes: readonly { readonly name: string; readonly pid: number }[];
}

const SMALL = ['--nodes', '2', '--rendezvous', '1', '--interval', '150ms'];

test('two labs run side by side, one is ended and started anew, and nothing of either is left at the end, not even as the current cluster', async () => {
  await withDirectory((home) =>
    endingAllBelow(home, async () => {
      const run = <Json>(...args: readonly string[]): Promise<Ran<Json>> =>
        args[0] === 'lab' ? gossip<Json>([...args, '--json'], { home }) : gossipHere<Json>([...args, '--json'], home);
      const status = async (cluster: string): Promise<ClusterStatus> => (await run<ClusterStatus>('status', '--cluster', cluster)).json;

      await run('cluster', 'init', '--name', 'prod', '--rendezvous', `r=127.0.0.1:7946=${'1'.repeat(64)}`);
      const one = (await run<LabJson>('lab', 'up', ...SMALL)).json;
      const two = (await run<LabJson>('lab', 'up', '--dir', join(home, 'elsewhere'), ...SMALL)).json;
      expect([one.cluster, two.cluster]).toEqual(['lab', 'lab-2']);
      for (const { nodes } of [one, two]) expect(nodes.map(({ name }) => name)).toEqual(['rendezvous1', 'node1']);

      // What is deployed into one of them stays there; the one made last is the current one.
      const flags = ['--module', 'membership', '--to', 'rendezvous1', '--wait'];
      expect((await run('deploy', '--cluster', 'lab', ...flags)).code).toBe(0);
      expect(await status('lab')).toMatchObject({ converged: true, newest: { membership: { deployment: 'd1' } } });
      expect((await run<ClusterStatus>('status')).json).toMatchObject({ name: 'lab-2', newest: {}, nodes: [{}, {}] });

      expect(await run('lab', 'up', '--name', 'lab-2', ...SMALL)).toMatchObject({
        json: { error: { code: 'GOSSIP_E_FILE', message: expect.stringContaining(`already, in ${two.dir}/operator`) } },
      });
      expect(await run('lab', 'up', ...SMALL)).toMatchObject({ code: 1, json: { error: { code: 'GOSSIP_E_LAB' } } });
      expect((await run<{ ended: string[] }>('lab', 'down')).json.ended).toEqual(['rendezvous1', 'node1']);
      await expectGone(one.dir);
      expect((await status('lab-2')).nodes.map(({ reachable }) => reachable)).toEqual([true, true]);

      const again = (await run<LabJson>('lab', 'up', ...SMALL)).json;
      expect(await status('lab')).toMatchObject({ newest: {}, nodes: [{ incarnation: 1 }, { incarnation: 1 }] });
      expect((await run('lab', 'down', '--dir', two.dir)).code).toBe(0);
      expect((await status('lab')).nodes.map(({ reachable }) => reachable)).toEqual([true, true]);
      expect((await run('lab', 'down')).code).toBe(0);
      for (const { dir } of [two, again]) await expectGone(dir);
      expect(await run('lab', 'down')).toMatchObject({ code: 1, json: { error: { code: 'GOSSIP_E_LAB' } } });
      // The one before the labs is the current one again.
      expect((await run('cluster', 'list')).json).toMatchObject([{ name: 'prod', current: true }]);
    }),
  );
}, 300_000);

test('broken off while its nodes start, lab up ends those that it began and leaves nothing in its way', async () => {
  await withDirectory((home) =>
    endingAllBelow(home, async () => {
      await gossipHere(['cluster', 'init', '--name', 'prod', '--rendezvous', `r=127.0.0.1:7946=${'1'.repeat(64)}`], home);
      const up = launch(['lab', 'up', '--nodes', '6'], { home });
      await until('some nodes have begun', async () => (await processesBelow(home)).length >= 2);
      up.child.kill('SIGINT');
      expect(await up.ended).toMatchObject({ code: 130, stdout: '', stderr: 'Interrupted; every node is ended.\n' });
      await expectGone(join(home, 'labs', 'lab'));
      expect((await gossipHere(['cluster', 'list', '--json'], home)).json).toMatchObject([{ name: 'prod', current: true }]);

      expect(await gossip(['lab', 'up', ...SMALL], { home })).toMatchObject({ code: 0 });
      expect(await gossip(['lab', 'down'], { home })).toMatchObject({ code: 0 });
      await expectGone(join(home, 'labs', 'lab'));
    }),
  );
}, 120_000);

test('a lab wants a directory for itself, and removes from it only what is its own', async () => {
  await withDirectory((home) =>
    endingAllBelow(home, async () => {
      const dir = join(home, 'work');
      const [up, down] = [
        ['lab', 'up', ...SMALL, '--dir', dir, '--json'],
        ['lab', 'down', '--dir', dir, '--json'],
      ] as const;
      await mkdir(dir);
      await writeFile(join(dir, 'notes.txt'), 'mine');
      expect(await gossip(up, { home })).toMatchObject({ code: 1, json: { error: { code: 'GOSSIP_E_LAB' } } });
      await rm(join(dir, 'notes.txt'));
      expect(await gossip(up, { home })).toMatchObject({ code: 0 });
      await writeFile(join(dir, 'notes.txt'), 'mine');
      expect(await gossip(down, { home })).toMatchObject({ code: 0 });
      expect(await readdir(dir)).toEqual(['notes.txt']);
    }),
  );
}, 120_000);

test('when one node of a lab cannot start, none is left on its way', async () => {
  await withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
    const names = lab.nodes.map(({ name }) => name);
    await lab.stop(...names);
    // Peers that try the port must not keep it from closing: what nobody reads never ends.
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(portOf(lab.node('node1').address), '127.0.0.1', resolve));
    try {
      await expect(lab.start(...names)).rejects.toMatchObject({ code: 'GOSSIP_E_PORT' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await lab.stop(...names);
    await until('no node runs', async () => (await processesBelow(lab.directory)).length === 0);
    await lab.start(...names);
    expect((await lab.status()).nodes.map(({ reachable }) => reachable)).toEqual([true, true, true]);
  });
}, 120_000);

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

async function expectGone(directory: string): Promise<void> {
  await until(`nothing runs in ${directory}`, async () => (await processesBelow(directory)).length === 0);
  expect(existsSync(directory)).toBe(false);
}
