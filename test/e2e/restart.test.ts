/** Restarted nodes resume: configuration, module state from the last checkpoint, and the peers that they knew. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until, withDirectory } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

const NAMES = ['rendezvous1', 'node1', 'node2'];

test('after all nodes were down, two come back without the rendezvous node, with everything, and find each other', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: NAMES.length, rendezvous: 1 }, async (lab) => {
      await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--to', 'rendezvous1', '--wait');
      await lab.untilInspected<Notebook>('notebook', 'all know of all', (states) =>
        states.every(({ words }) => words.length === NAMES.length),
      );
      await until('state and hints are on disk', () => isKept(lab, 'node1', lab.node('node2').id));
      await until('state and hints are on disk', () => isKept(lab, 'node2', lab.node('node1').id));
      const before = await lab.inspectAll<Notebook>('notebook');

      // One in order, one at once.
      await Promise.all([lab.stop('node1', 'rendezvous1'), lab.kill('node2')]);
      await lab.start('node1', 'node2');
      const resumed = await lab.untilStatus('both run it again', (status) => whatRuns(status, 'notebook').filter(isRunning).length === 2);
      const incarnations = Object.fromEntries(resumed.nodes.map(({ name, incarnation }) => [name, incarnation]));
      expect(incarnations).toEqual({ rendezvous1: null, node1: 2, node2: 2 });
      expect(resumed.newest['notebook']).toMatchObject({ deployment: 'd1', version: '1.0.0' });
      const after = await lab.inspectAll<Notebook>('notebook');
      expect(after.map(({ born }) => born)).toEqual(before.slice(1).map(({ born }) => born));

      // Neither was told of the other since: they call each other by their hints.
      const { deployment, converged } = await lab.ask<{ deployment: string; converged: { nodes: number } }>(
        'deploy',
        await writeModule(directory, notebook('2.0.0')),
        '--to',
        'node1',
        '--wait',
        '--skip-silent',
      );
      expect([deployment, converged.nodes]).toEqual(['d2', 2]);

      await lab.start('rendezvous1');
      const status = await lab.converged();
      expect(whatRuns(status, 'notebook').map((row) => row.deployment)).toEqual(['d2', 'd2', 'd2']);
      const history = await lab.ask<readonly { deployment: string }[]>('history');
      expect(history.map((entry) => entry.deployment)).toEqual(['d2', 'd1']);
      expect((await lab.inspectAll<Notebook>('notebook')).map(({ born }) => born)).toEqual(before.map(({ born }) => born));
    }),
  );
}, 300_000);

function isRunning({ state }: { state?: string }): boolean {
  return state === 'running';
}

async function isKept(lab: TestLab, name: string, peer: string): Promise<boolean> {
  const { directory } = lab.node(name);
  const hints = join(directory, 'hints.json');
  return existsSync(join(directory, 'state', 'notebook.0')) && existsSync(hints) && (await readFile(hints, 'utf8')).includes(peer);
}
