/** Bad input: clocks that are an hour off, of nodes and of operators (law 7). Nothing depends on them but the expiry of tokens. */
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { HistoryEntry } from '../../src/operator/history.ts';
import { hasDebian, withClock } from '../support/debian.ts';
import { startNode, withDirectory } from '../support/gossip.ts';
import type { RunningNode } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

vi.setConfig({ testTimeout: 240_000 });

const AHEAD = '+1h';
const BEHIND = '-1h';

/** The node of the lab in a process with another clock. */
function startAt(lab: TestLab, name: string, offset: string): Promise<RunningNode> {
  const { directory, address } = lab.node(name);
  return startNode(['--data', directory, '--listen', address, '--interval', '150ms'], { home: lab.home, env: withClock(offset) });
}

describe.skipIf(!hasDebian('faketime'))('a clock that is an hour off', () => {
  it('of nodes: they take deployments, keep the state, scrub and roll back like all others', async () => {
    await withDirectory((directory) =>
      withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
        await lab.stop('node1', 'node2');
        const odd = await Promise.all([startAt(lab, 'node1', AHEAD), startAt(lab, 'node2', BEHIND)]);
        try {
          await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
          const before = await lab.untilInspected<Notebook>('notebook', 'all have begun', (states) => states.length > 0);
          await lab.ask('deploy', await writeModule(directory, notebook('1.1.0')), '--to', 'node1', '--wait');
          expect((await lab.inspectAll<Notebook>('notebook')).map(({ born }) => born)).toEqual(before.map(({ born }) => born));
          await lab.ask('rollback', 'd1', '--to', 'node2', '--scrub', '--wait');
          const status = await lab.converged();
          expect(whatRuns(status, 'notebook').map(({ deployment }) => deployment)).toEqual(['d3', 'd3', 'd3']);
          expect(status.nodes.map(({ modules }) => modules[0]?.stateEpoch)).toEqual([3, 3, 3]);
        } finally {
          await Promise.all(odd.map((node) => node.stop('SIGKILL')));
        }
      }),
    );
  });

  it('of an operator: the next deployment outranks it all the same, whichever clock made it', async () => {
    await withLab({ nodes: 2, rendezvous: 1 }, async (lab) => {
      const deploy = async (message: string, offset?: string): Promise<void> => {
        const args = ['deploy', '--module', 'registry', '--wait', '-m', message];
        expect((await lab.runWith(offset === undefined ? {} : { env: withClock(offset) }, ...args)).code).toBe(0);
      };
      await deploy('ahead', AHEAD);
      await deploy('right');
      await deploy('behind', BEHIND);
      const history = await lab.ask<HistoryEntry[]>('history');
      expect(history.map(({ deployment, message }) => [deployment, message])).toEqual([
        ['d3', 'behind'],
        ['d2', 'right'],
        ['d1', 'ahead'],
      ]);
      expect(history[2]?.number.time).toBeGreaterThan(history[1]?.number.time as number);
      expect(whatRuns(await lab.converged(), 'registry').map(({ deployment }) => deployment)).toEqual(['d3', 'd3']);
    });
  });

  it('of a newcomer: it joins with a token that is long enough, and is told why with one that is not', async () => {
    await withDirectory((directory) =>
      withLab({ nodes: 1, rendezvous: 1 }, async (lab) => {
        await lab.ask('deploy', '--module', 'registry', '--wait');
        const token = async (...flags: readonly string[]) => (await lab.ask<{ token: string }>('cluster', 'join-token', ...flags)).token;
        const newcomer = (name: string) => [
          '--name',
          name,
          '--data',
          join(directory, name),
          '--listen',
          '127.0.0.1:0',
          '--interval',
          '150ms',
        ];
        const short = await lab.runWith(
          { env: withClock(AHEAD) },
          'node',
          'run',
          ...newcomer('hasty'),
          '--join',
          await token('--valid', '30m'),
        );
        expect(short).toMatchObject({ code: 6, stderr: expect.stringContaining('[GOSSIP_E_TOKEN_EXPIRED]') });
        const long = await token();
        for (const [name, offset] of [
          ['ahead', AHEAD],
          ['behind', BEHIND],
        ] as const) {
          const node = await startNode([...newcomer(name), '--join', long], { home: lab.home, env: withClock(offset) });
          try {
            await lab.untilStatus(`${name} runs the registry`, ({ nodes }) =>
              nodes.some((one) => one.id === node.id && one.modules[0]?.state === 'running'),
            );
          } finally {
            await node.stop();
          }
        }
      }),
    );
  });
});
