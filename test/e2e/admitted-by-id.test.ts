/** A machine comes in by its id alone: without a token, with the root from a file that holds no secret. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';
import { gossip, startNode, until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';

test(
  'a fresh machine is let in by its id, and nobody else with the same file; it runs what the others run, and comes back by itself',
  () =>
    withDirectory((directory) =>
      withLab({ nodes: 2, rendezvous: 1 }, async (lab) => {
        const file = join(directory, 'lab.cluster');
        const home = join(directory, 'home');
        await mkdir(home);
        const [first = 0, second = 0] = await freePorts(2);
        await lab.ask('deploy', '--module', 'membership', '--wait');
        await lab.ask('cluster', 'export', file);
        expect(await readFile(file, 'utf8')).not.toMatch(/PRIVATE|secret|delegation/);
        const { id } = await lab.ask<{ id: string }>('node', 'identity', '--data', join(directory, 'fresh'));
        const flags = (name: string, port: number): readonly string[] => {
          const place = ['--data', join(directory, name), '--name', name, '--listen', `127.0.0.1:${port}`];
          return [...place, '--root', file, '--peer', lab.node('rendezvous1').address, '--interval', '150ms'];
        };
        // Started before it is admitted it waits outside, and says so.
        const node = await startNode([...flags('fresh', first)], { home });
        await startNode([...flags('stranger', second)], { home });
        const rowOf = async (name: string) => (await lab.status()).nodes.find((each) => each.name === name);
        expect(await lab.ask('admit', id)).toMatchObject({ kind: 'admit', id, outcome: 'entered' });
        const isRunning = async (): Promise<boolean> =>
          (await rowOf('fresh'))?.modules.some(({ name, state }) => name === 'membership' && state === 'running') === true;
        await until('it runs what the others run', isRunning);
        expect(await rowOf('stranger')).toBeUndefined();
        const { nodes } = await lab.ask<{ nodes: { id: string; notes: { kind: string }[] }[] }>('nodes');
        expect(nodes.find((each) => each.id === id)?.notes).toMatchObject([{ kind: 'admit' }]);

        // What it belongs to lies on its disk.
        await node.stop();
        await startNode(['--data', join(directory, 'fresh'), '--listen', `127.0.0.1:${first}`, '--interval', '150ms'], {
          home: join(directory, 'home'),
        });
        await until('it runs again', isRunning);

        await writeFile(join(directory, 'half'), (await readFile(file, 'utf8')).slice(0, 200));
        const wrong = async (...args: readonly string[]) => {
          const { code, stderr } = await gossip(['node', 'run', '--data', join(directory, 'wrong'), ...args], {
            home: join(directory, 'home'),
          });
          return [code, /GOSSIP_E_[A-Z_]+/.exec(stderr)?.[0]];
        };
        expect(await wrong('--root', join(directory, 'absent'))).toEqual([expect.any(Number), 'GOSSIP_E_FILE']);
        expect(await wrong('--root', join(directory, 'half'))).toEqual([expect.any(Number), 'GOSSIP_E_FILE']);
        expect(await wrong('--root', file, '--found')).toEqual([2, 'GOSSIP_E_USAGE']);
      }),
    ),
  300_000,
);
