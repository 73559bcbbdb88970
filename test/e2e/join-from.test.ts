/** Nodes that find the others by --join-from, where no address in their token is true any more. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { gossip, gossipHere, startNode, until, withDirectory } from '../support/gossip.ts';

test(
  'a newcomer whose token names a dead rendezvous node comes in by a file; the rendezvous node that moved is found again by it; trust stays with the token',
  () =>
    withDirectory(async (home) => {
      const [old = 0, moved = 0, first = 0, second = 0] = await freePorts(4);
      const at = (port: number) => `127.0.0.1:${port}`;
      const data = (name: string) => join(home, name);
      const place = (name: string, port: number) => ['--name', name, '--data', data(name), '--listen', at(port), '--interval', '150ms'];
      const run = <Json>(...args: readonly string[]) => gossipHere<Json>([...args, '--json'], home);
      const { id } = (await run<{ id: string }>('node', 'identity', '--data', data('rendezvous1'))).json;
      await run('cluster', 'init', '--rendezvous', `rendezvous1=${at(old)}=${id}`);
      const { token } = (await run<{ token: string }>('cluster', 'join-token')).json;
      const list = join(home, 'peers');
      const write = async (...lines: readonly string[]): Promise<void> => {
        await writeFile(`${list}.new`, `${lines.join('\n')}\n`);
        await rename(`${list}.new`, list);
      };

      // Alone, with a source that does not answer yet: it is ready all the same.
      const node = await startNode([...place('node1', first), '--join', token, '--join-from', `file:${list}`], { home });
      await write('# the fleet', '', at(first), 'rendezvous1.test:7946', at(old));
      const newcomer = await startNode([...place('node2', second), '--join', token, '--join-from', `file:${list}`], { home });
      const answering = async (names: readonly string[]): Promise<ClusterStatus | false> => {
        const { json } = await run<ClusterStatus>('status', at(second));
        const there = (json.nodes ?? []).filter(({ reachable }) => reachable).map(({ name }) => name);
        return names.every((name) => there.includes(name)) && json;
      };
      const met = await until('the newcomer has met the node of the file', () => answering(['node1', 'node2']));
      expect(met.nodes.find(({ name }) => name === 'node2')?.joinFrom).toMatchObject([
        {
          source: `file:${list}`,
          addresses: 2,
          bad: ["line 4: 'rendezvous1.test:7946' is not an address: a literal IP address and a port are wanted"],
          error: null,
        },
      ]);

      // The rendezvous node comes up elsewhere, knowing nobody; the others look on, for they know but few.
      await write(at(moved));
      await startNode([...place('rendezvous1', moved), '--join', token, '--join-from', `exec:${await program(home, at(second))}`], {
        home,
      });
      await until('all three have met', () => answering(['rendezvous1', 'node1', 'node2']));

      // Whoever has no token finds the address, and nobody lets it in.
      const other = join(home, 'other');
      await mkdir(other);
      const strange = [
        '--name',
        'stranger',
        '--data',
        join(other, 'n'),
        '--listen',
        '127.0.0.1:0',
        '--found',
        '--join-from',
        `file:${list}`,
      ];
      const stranger = await startNode(strange, { home: other });
      await until('it is told that it is none of them', async () => /GOSSIP_E_[A-Z_]+/.test(stranger.log()));
      expect((await answering(['node2'])) || { nodes: [] }).not.toMatchObject({
        nodes: expect.arrayContaining([expect.objectContaining({ name: 'stranger' })]),
      });

      const { stderr } = await node.stop();
      expect(stderr).toMatch(/"code":"GOSSIP_E_JOIN_FROM","error":"[^"]*peers is not there"/);
      expect((await newcomer.stop()).code).toBe(0);
    }),
  300_000,
);

async function program(directory: string, address: string): Promise<string> {
  const path = join(directory, 'find-peers');
  await writeFile(path, `#!/bin/sh\necho '# found'\necho ${address}\n`, { mode: 0o700 });
  return path;
}

test('a source that is none is refused before anything is made', async () => {
  await withDirectory(async (home) => {
    const words = ['node', 'run', '--json', '--listen', '127.0.0.1:0', '--join-from'];
    const { code, json } = await gossip([...words, 'consul:gossip'], { home });
    expect([code, json['error']?.['code']]).toEqual([2, 'GOSSIP_E_JOIN_FROM']);
    await writeFile(join(home, 'node.toml'), 'listen = "127.0.0.1:0"\njoin-from = ["file:peers", "dns:a b"]\n');
    const file = await gossip(['node', 'run', '--json', '--config', join(home, 'node.toml'), '--check-config'], { home });
    expect([file.code, file.json['error']?.['code'], file.json['error']?.['message']]).toEqual([
      2,
      'GOSSIP_E_CONFIG',
      expect.stringMatching(/node\.toml:2: join-from: 'a b' is no name/),
    ]);
  });
});
