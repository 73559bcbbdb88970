/** `gossip node run --modules a,b`: a node runs what it was told to, and carries the configuration of everything else. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { startNode, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';

/** Node → the modules that it may run, as given on its command line. */
const CHOICES = { left: ['membership', 'registry'], right: ['membership', 'aggregate'] } as const;
const MODULES = ['aggregate', 'membership', 'registry'];

test('one node runs membership and registry, another membership and aggregate; both know of all three', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 1, rendezvous: 1 }, async (lab) => {
      const { token } = await lab.ask<{ token: string }>('cluster', 'join-token');
      const home = join(directory, 'home');
      await mkdir(home);
      for (const [name, modules] of Object.entries(CHOICES)) {
        await startNode([...whereOf(directory, name), '--join', token, '--modules', modules.join(',')], { home });
      }
      // One that runs nothing at all, also where its modules were chosen before.
      await startNode([...whereOf(directory, 'safe'), '--join', token, '--modules', 'membership', '--safe'], { home });
      await lab.untilStatus('all four nodes are found', ({ nodes }) => nodes.length === 4);
      await lab.ask('deploy', '--module', 'membership', '--to', 'rendezvous1', '--wait');
      await lab.ask('deploy', '--module', 'aggregate', '--to', 'rendezvous1', '--wait');
      // Entered at a node that does not run it, it reaches those that do.
      await lab.ask('deploy', '--module', 'registry', '--to', 'right', '--wait');

      const status = await lab.untilStatus('all agree', ({ converged }) => converged === true);
      expect(Object.keys(status.newest).sort()).toEqual(MODULES);
      expect(new Set(status.nodes.map(({ digest }) => digest)).size).toBe(1);
      expect(statesOf(status, 'rendezvous1')).toEqual({ aggregate: 'running', membership: 'running', registry: 'running' });
      expect(statesOf(status, 'left')).toEqual({ aggregate: 'stopped', membership: 'running', registry: 'running' });
      expect(statesOf(status, 'right')).toEqual({ aggregate: 'running', membership: 'running', registry: 'stopped' });
      expect(statesOf(status, 'safe')).toEqual({ aggregate: 'stopped', membership: 'stopped', registry: 'stopped' });
      for (const name of [...Object.keys(CHOICES), 'safe']) {
        const carried = await lab.ask<readonly { module: string }[]>('config', 'show', '--to', name);
        expect(carried.map(({ module }) => module).sort()).toEqual(MODULES);
      }
    }),
  );
}, 240_000);

function whereOf(directory: string, name: string): string[] {
  return ['--name', name, '--data', join(directory, name), '--listen', '127.0.0.1:0', '--interval', '150ms'];
}

function statesOf({ nodes }: ClusterStatus, name: string): Record<string, string> {
  const modules = nodes.find((node) => node.name === name)?.modules ?? [];
  return Object.fromEntries(modules.map((module) => [module.name, module.state]));
}
