/** Half the nodes, both rendezvous nodes included, are killed during an update; nothing is lost. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../src/operator/status/status.ts';
import { until, withDirectory } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

const KILLED = ['rendezvous1', 'rendezvous2'];
const SURVIVORS = ['node1', 'node2'];
const NODES = [...KILLED, ...SURVIVORS];
/** Enough code for the update to take a while. */
const BALLAST_BYTES = 2 * 1024 * 1024;

/** Moments of an update, by what the cluster says of itself. */
const MOMENTS: Record<string, ((status: ClusterStatus, deployment: string) => boolean) | null> = {
  'as soon as it is acknowledged': null,
  'when the first node runs it': (status, deployment) => running(status, deployment) >= 1,
  'when half the nodes run it': (status, deployment) => running(status, deployment) >= NODES.length / 2,
};

test('half the nodes die during an update, and all converge after their restart', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: NODES.length, rendezvous: 2 }, async (lab) => {
      const first = await writeModule(directory, notebook('1.0.0'));
      await lab.ask('deploy', first, '--to', 'rendezvous1', '--wait');
      await lab.untilInspected<Notebook>('notebook', 'everybody knows of everybody', (states) => knowAll(states, 'd1'));
      await until('every node has a checkpoint', async () => NODES.every((name) => hasCheckpoint(lab, name)));
      const before = await lab.inspectAll<Notebook>('notebook');

      for (const [index, [moment, reached]] of Object.entries(MOMENTS).entries()) {
        const version = `2.${index}.0`;
        const code = await writeModule(directory, { ...notebook(version), ballastBytes: BALLAST_BYTES });
        const deployed = await lab.ask<{ deployment: string; code: string }>('deploy', code, '--no-check', '--to', 'rendezvous1');
        if (reached) await lab.untilStatus(moment, (status) => reached(status, deployed.deployment));
        await lab.kill(...KILLED);
        await expectSurvivors(lab);
        await lab.start(...KILLED);
        const everywhere = { deployment: deployed.deployment, code: deployed.code, state: 'running' };
        const runs = whatRuns(await lab.converged(), 'notebook');
        expect({ moment, runs }).toEqual({ moment, runs: NODES.map(() => everywhere) });
      }

      // Neither a deployment nor the state is lost: the words of all times are everywhere, and each node's state is still its first.
      await lab.untilInspected<Notebook>('notebook', 'everybody knows of all times', (states) =>
        ['d1', 'd4'].every((deployment) => knowAll(states, deployment)),
      );
      const history = await lab.ask<readonly { deployment: string }[]>('history');
      expect(history.map(({ deployment }) => deployment)).toEqual(['d4', 'd3', 'd2', 'd1']);
      const after = await lab.inspectAll<Notebook>('notebook');
      expect(after.map(({ born }) => born)).toEqual(before.map(({ born }) => born));
    }),
  );
}, 360_000);

/** The others go on without any rendezvous node, and say who is missing. */
async function expectSurvivors(lab: TestLab): Promise<void> {
  const { nodes } = await lab.status();
  const up = nodes.filter(({ reachable }) => reachable).map(({ name }) => name);
  expect(up.sort()).toEqual(SURVIVORS);
}

function hasCheckpoint(lab: TestLab, name: string): boolean {
  return existsSync(join(lab.node(name).directory, 'state', 'notebook.0'));
}

function running({ nodes }: ClusterStatus, deployment: string): number {
  return nodes.filter(({ modules }) => modules.some((module) => module.deployment === deployment)).length;
}

function knowAll(states: readonly Notebook[], deployment: string): boolean {
  return states.length === NODES.length && states.every(({ words }) => NODES.every((name) => words.includes(`${name} ${deployment}`)));
}

test('a deployment that only a dead node has is not lost, although another took its number meanwhile', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
      const deploy = async (version: string, to: string): Promise<string> => {
        const code = await writeModule(directory, notebook(version));
        return (await lab.ask<{ deployment: string }>('deploy', code, '--no-check', '--to', to, '--message', version)).deployment;
      };
      await deploy('1.0.0', 'rendezvous1');
      await lab.converged();
      // Nobody is there to hear of it but the node that it enters at; acknowledged means that its disk has it.
      await lab.kill('node1', 'node2');
      expect(await deploy('2.0.0', 'rendezvous1')).toBe('d2');
      await lab.kill('rendezvous1');
      await lab.start('node1', 'node2');
      // An operator who saw the first one would take the next number.
      await rm(join(lab.home, 'labs', 'lab', 'operator', 'highest'));
      expect(await deploy('3.0.0', 'node1')).toBe('d2');
      await lab.start('rendezvous1');
      const status = await lab.converged();

      const history = await lab.ask<readonly { deployment: string; message: string }[]>('history');
      expect(history.map(({ deployment, message }) => [deployment, message])).toEqual([
        ['d2@node1', '3.0.0'],
        ['d2@rendezvous1', '2.0.0'],
        ['d1', '1.0.0'],
      ]);
      expect(status.newest['notebook']).toMatchObject({ deployment: 'd2@node1', version: '3.0.0' });
      expect(whatRuns(status, 'notebook').map(({ state }) => state)).toEqual(['running', 'running', 'running']);
      // Both can be named, and the code of the one that lost is still there to go back to.
      expect(await lab.run('rollback', 'd2', '--json')).toMatchObject({
        code: 2,
        json: { error: { code: 'GOSSIP_E_DEPLOYMENT_AMBIGUOUS' } },
      });
      await lab.ask('rollback', 'd2@rendezvous1', '--wait');
      expect((await lab.converged()).newest['notebook']).toMatchObject({ deployment: 'd3', version: '2.0.0' });
    }),
  );
}, 300_000);
