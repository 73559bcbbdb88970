/** Five nodes take a deployment, a live update that keeps the state, and a rollback. */
import { expect, test } from 'vitest';
import { withDirectory } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, shippedModule, writeModule, writeRelabelled } from '../support/modules.ts';

/** Ten take twenty deployments in `npm run faults -- 1`. */
const NODES = 5;

test('deploy, update with the state kept, roll back: every node runs exactly the code that was deployed', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: NODES, rendezvous: 2, intervalMs: 200 }, async (lab) => {
      const first = await hashOf(lab, shippedModule('membership'));
      await deploy(lab, 'membership');
      expect(whatRuns(await lab.converged(), 'membership')).toEqual(everywhere('d1', first));
      await lab.untilInspected('membership', 'all members are known', (states) => states.every(knowsAll));

      const notes = await writeModule(directory, notebook('1.0.0'));
      await deploy(lab, 'notebook', notes);
      const states = await lab.untilInspected<Notes>('notebook', 'every node has begun its notes', (all) => all.length === NODES);

      const updated = await writeRelabelled(directory, 'membership', '1.1.0');
      const second = await hashOf(lab, updated);
      expect(second).not.toBe(first);
      await deploy(lab, 'membership', updated);
      await deploy(lab, 'notebook', await writeModule(directory, notebook('1.1.0')));
      const status = await lab.converged();
      expect(whatRuns(status, 'membership')).toEqual(everywhere('d3', second));
      expect(status.newest).toMatchObject({ membership: { version: '1.1.0' }, notebook: { version: '1.1.0' } });
      // What was born with d2 lives on under d4, on each node its own.
      expect((await lab.inspectAll<Notes>('notebook')).map(({ born }) => born)).toEqual(states.map(({ born }) => born));
      expect((await lab.inspectAll('membership')).every(knowsAll)).toBe(true);

      const rollback = await lab.ask<{ deployment: string; code: string }>('rollback', 'd1', '--to', 'rendezvous1', '--wait');
      expect(rollback).toMatchObject({ deployment: 'd5', code: first });
      expect(whatRuns(await lab.converged(), 'membership')).toEqual(everywhere('d5', first));
      expect((await lab.inspectAll('membership')).every(knowsAll)).toBe(true);

      // Other settings, without the code at hand.
      const { newest } = await lab.converged();
      const tried = await lab.run('module', 'settings', 'notebook', '--set', 'label=web', '--dry-run');
      expect([tried.code, tried.stdout]).toEqual([0, 'Settings:\n  + label: "web"\nFiles: the same code\n']);
      expect(tried.stderr).toMatch(/^For 5 nodes, all of which answered\.\nExpected: known everywhere after /m);
      const set = await lab.ask('module', 'settings', 'notebook', '--set', 'label=web', '--set', 'pages=[1,2]', '--wait');
      expect(set).toMatchObject({ deployment: 'd6', code: newest['notebook']?.code, converged: { nodes: NODES } });
      expect(await lab.ask('module', 'settings', 'notebook')).toEqual({
        module: 'notebook',
        deployment: 'd6',
        settings: { label: 'web', pages: [1, 2] },
      });
      expect((await lab.inspectAll<Notes>('notebook')).map(({ born }) => born)).toEqual(states.map(({ born }) => born));
    }),
  );
}, 360_000);

interface Notes {
  readonly born: string;
}

async function hashOf(lab: TestLab, directory: string): Promise<string> {
  const { code, stdout } = await lab.run('module', 'hash', directory);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/)]);
  return stdout.trim();
}

async function deploy(lab: TestLab, module: string, ...path: readonly string[]): Promise<void> {
  const { converged } = await lab.ask<{ converged: { nodes: number } }>(
    'deploy',
    ...path,
    '--to',
    'rendezvous1',
    '--module',
    module,
    '--wait',
  );
  expect(converged.nodes).toBe(NODES);
}

function everywhere(deployment: string, code: string): unknown[] {
  return Array.from({ length: NODES }, () => ({ deployment, code, state: 'running' }));
}

function knowsAll(state: unknown): boolean {
  return (state as { members: readonly unknown[] }).members.length === NODES;
}
