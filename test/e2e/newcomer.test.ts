/** A brand-new node with one join token and an empty disk gets configuration and code, and runs its modules. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNode, withDirectory } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

const INTERVAL = ['--interval', '150ms'];

test('a new node with a join token and an empty disk gets everything, also again after a restart without the token', async () => {
  await withDirectory((machine) =>
    withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
      const notes = await writeModule(machine, notebook('1.0.0'));
      await lab.ask('deploy', notes, '--to', 'rendezvous1', '--wait');
      await lab.ask('deploy', '--module', 'membership', '--to', 'rendezvous1', '--wait');
      const { token } = await lab.ask<{ token: string }>('cluster', 'join-token', '--valid', '1h');

      // A machine of its own: no operator's settings, no data, nothing but the token.
      const home = join(machine, 'home');
      const data = join(machine, 'data');
      await mkdir(home);
      const flags = ['--data', data, '--listen', '127.0.0.1:0', ...INTERVAL];
      const newcomer = await startNode(['--name', 'newcomer', '--join', token, ...flags], { home });
      expect(newcomer.name).toBe('newcomer');
      await expectEqual(lab, 'newcomer');
      expect(await readdir(home)).toEqual([]);
      await lab.untilInspected<Notebook>('notebook', 'the others know of the newcomer', (states) =>
        states.every(({ words }) => words.includes('newcomer d1')),
      );
      const { state } = await lab.ask<{ state: Notebook }>('module', 'inspect', 'notebook', '--to', newcomer.address);
      expect(state.words).toContain('node1 d1');

      expect(await newcomer.stop()).toMatchObject({ code: 0 });
      const again = await startNode(flags, { home });
      expect(again.id).toBe(newcomer.id);
      await expectEqual(lab, 'newcomer');
      const kept = await lab.ask<{ state: Notebook }>('module', 'inspect', 'notebook', '--to', again.address);
      expect(kept.state.born).toBe(state.born);
      expect(await again.stop()).toMatchObject({ code: 0 });
    }),
  );
}, 300_000);

/** The operator's `status` finds the node by gossip alone, and it runs what all the others run. */
async function expectEqual(lab: TestLab, name: string): Promise<void> {
  const status = await lab.untilStatus(`${name} runs what the others run`, ({ nodes, converged }) =>
    Boolean(converged && nodes.some((node) => node.name === name && node.reachable)),
  );
  expect(status.nodes).toHaveLength(lab.nodes.length + 1);
  for (const [module, deployment] of [['notebook', 'd1'] as const, ['membership', 'd2'] as const]) {
    const newest = status.newest[module];
    const everywhere = { deployment, code: newest?.code, state: 'running' };
    expect(whatRuns(status, module)).toEqual(status.nodes.map(() => everywhere));
  }
}
