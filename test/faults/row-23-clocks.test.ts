/** Fault 23: clocks that are wrong, of nodes and of operators (law 7). Nothing depends on them but the expiry of tokens. */
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { hasDebian, withClock } from '../support/debian.ts';
import { startNode } from '../support/gossip.ts';
import { whatRuns } from '../support/lab.ts';
import { withCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { descents } from './journals.ts';

const AHEAD = '+1h';
const BEHIND = '-1h';
/** What the clocks of node1 and node2 show. */
const PAIRS = inject('everyFault')
  ? [
      [AHEAD, BEHIND],
      ['+365d', '-3650d'],
    ]
  : [[AHEAD, BEHIND]];

describe.skipIf(!hasDebian('faketime'))('with faketime', () => {
  test('row 23: clocks of nodes ±1 h, −10 years, +1 year', { timeout: ROW_MS }, async ({ task }) => {
    const findings = findingsOf(task);
    await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
      const { lab, watcher, names } = cluster;
      await cluster.update();
      let newest = 1;
      for (const offsets of PAIRS) {
        await lab.stop('node1', 'node2');
        const odd = await Promise.all(offsets.map((offset, index) => lab.startWith(`node${index + 1}`, { env: withClock(offset) })));
        findings.inject(offsets.length);
        await cluster.allRun(`d${newest}`);
        const before = await cluster.born();
        // Deployments through either of them, one of which throws the state away.
        await cluster.update('node1');
        expect(await cluster.born()).toEqual(before);
        await lab.ask('rollback', `d${newest}`, '--to', 'node2', '--scrub');
        newest += 2;
        await cluster.allRun(`d${newest}`);
        const epochs = await Promise.all(names.map(async (name) => (await watcher.status(name)).modules[0]?.stateEpoch));
        expect(epochs).toEqual(names.map(() => newest));
        // Right clocks again: what was made under the wrong ones stays.
        await Promise.all(odd.map((node) => node.stop()));
        await lab.start('node1', 'node2');
        await cluster.allRun(`d${newest}`);
      }
      for (const name of names) expect({ name, descents: descents(await cluster.journal(name)) }).toEqual({ name, descents: [] });
      findings.outcome('deployments, hand-over, scrub and rollback as with right clocks; nothing lost, nothing deactivated');
    });
  });

  test('row 23: clock of an operator ±1 h', { timeout: ROW_MS }, async ({ task }) => {
    const findings = findingsOf(task);
    await withCluster({ nodes: 2, rendezvous: 1 }, async ({ lab }) => {
      const deploy = async (message: string, offset?: string): Promise<void> => {
        const args = ['deploy', '--module', 'registry', '--wait', '-m', message];
        expect((await lab.runWith(offset === undefined ? {} : { env: withClock(offset) }, ...args)).code).toBe(0);
        findings.inject(offset === undefined ? 0 : 1);
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
      findings.outcome('the next deployment outranks the last, whichever clock made it');
    });
  });

  test('row 23: clock of a newcomer ±1 h', { timeout: ROW_MS }, async ({ task }) => {
    const findings = findingsOf(task);
    await withCluster({ nodes: 1, rendezvous: 1 }, async (cluster) => {
      const { lab, directory } = cluster;
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
      const join30m = ['--join', await token('--valid', '30m')];
      const short = await lab.runWith({ env: withClock(AHEAD) }, 'node', 'run', ...newcomer('hasty'), ...join30m);
      expect(short).toMatchObject({ code: 6, stderr: expect.stringContaining('[GOSSIP_E_TOKEN_EXPIRED]') });
      const long = await token();
      for (const [name, offset] of [
        ['ahead', AHEAD],
        ['behind', BEHIND],
      ] as const) {
        const node = await startNode([...newcomer(name), '--join', long], { home: lab.home, env: withClock(offset) });
        findings.inject();
        try {
          await lab.untilStatus(`${name} runs the registry`, ({ nodes }) =>
            nodes.some((one) => one.id === node.id && one.modules[0]?.state === 'running'),
          );
        } finally {
          await node.stop();
        }
      }
      findings.outcome('joins with a token that is long enough, and is told why with one that is not');
    });
  });
});
