/** Bad input: deployments at the same time, and a deployment while another is under way. Each gets a number of its own, and none is lost. */
import { describe, expect, it, vi } from 'vitest';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { withDirectory } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

vi.setConfig({ testTimeout: 240_000 });

interface Deployed {
  readonly deployment: string;
  readonly converged?: { readonly nodes: number; readonly superseded: number };
}

/** Sequences of the history, newest first. */
async function sequences(lab: TestLab): Promise<number[]> {
  return (await lab.ask<HistoryEntry[]>('history')).map(({ number }) => number.sequence);
}

/** Deploys in a process of its own, as each of two operators does; resolves with how that ended. */
function deployApart(lab: TestLab, message: string, ...flags: readonly string[]) {
  return lab.runWith<Deployed>({}, 'deploy', '--module', 'registry', '-m', message, ...flags, '--json');
}

describe('two operators', () => {
  it('at the same node at once get numbers of their own, and the highest runs everywhere', async () => {
    await withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
      const deployed = await Promise.all(['ada', 'bob', 'cyn', 'dan'].map((message) => deployApart(lab, message, '--to', 'rendezvous1')));
      expect(deployed.map(({ json }) => json.deployment).toSorted()).toEqual(['d1', 'd2', 'd3', 'd4']);
      const status = await lab.converged();
      expect(whatRuns(status, 'registry').map(({ deployment }) => deployment)).toEqual(['d4', 'd4', 'd4']);
      expect(await sequences(lab)).toEqual([4, 3, 2, 1]);
      expect((await lab.ask<HistoryEntry[]>('history')).map(({ message }) => message).toSorted()).toEqual(['ada', 'bob', 'cyn', 'dan']);
    });
  });

  it('at different nodes at once may get one number, and all nodes choose the same of the two', async () => {
    await withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
      const operators = [
        ['rendezvous1', 'ada'],
        ['node1', 'bob'],
        ['node2', 'cyn'],
      ] as const;
      const ended = await Promise.all(operators.map(([node, message]) => deployApart(lab, message, '--to', node)));
      expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
      await lab.converged();
      const [newest] = await lab.ask<HistoryEntry[]>('history');
      const { nodes } = await lab.converged();
      expect(new Set(nodes.map(({ modules }) => modules[0]?.deployment)).size).toBe(1);
      expect(newest?.deployment).toBe(nodes[0]?.modules[0]?.deployment);
      expect((await lab.ask<HistoryEntry[]>('history')).map(({ message }) => message).toSorted()).toEqual(['ada', 'bob', 'cyn']);
    });
  });

  it('of whom one expects what the other has just replaced: the second is told, and injects nothing', async () => {
    await withLab({ nodes: 1, rendezvous: 1 }, async (lab) => {
      await lab.ask('deploy', '--module', 'registry', '--wait');
      const both = await Promise.all(['ada', 'bob'].map((message) => deployApart(lab, message, '--expect', 'd1')));
      expect(new Set(both.map(({ code }) => code))).toEqual(new Set([0, 8]));
      expect(both.find(({ code }) => code === 8)?.json).toMatchObject({ error: { code: 'GOSSIP_E_EXPECT' } });
      expect(await sequences(lab)).toEqual([2, 1]);
    });
  });
});

describe('a deployment while another is under way', () => {
  /** Takes its time to begin, so that the next deployment finds it beginning. */
  const SLOW = `export default class Notebook {
    constructor() { this.state = ''; }
    async start() { await new Promise((resolve) => setTimeout(resolve, 2_000)); }
    receive() { return []; }
    acceptState(state) { this.state = state; }
    transferState() { return this.state; }
    inspect() { return JSON.parse(this.state); }
  }`;

  it('overtakes it: all nodes end on the newer one, with the state, and whoever waits for the older is told', async () => {
    await withDirectory((directory) =>
      withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
        await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
        const before = await lab.untilInspected<Notebook>('notebook', 'all have begun', (states) => states.length === 3);
        const slow = await writeModule(directory, { name: 'notebook', version: '2.0.0', source: SLOW });
        const waiting = lab.ask<Deployed>('deploy', slow, '--to', 'rendezvous1', '--wait', '--timeout', '3m');
        await lab.untilStatus('the slow one is known', ({ newest }) => newest['notebook']?.deployment === 'd2');
        const next = await lab.ask<Deployed>('deploy', await writeModule(directory, notebook('3.0.0')), '--to', 'node2', '--wait');
        expect(next).toMatchObject({ deployment: 'd3', converged: { nodes: 3 } });
        expect(await waiting).toMatchObject({ deployment: 'd2', converged: { nodes: 3 } });
        expect(whatRuns(await lab.converged(), 'notebook').map(({ deployment }) => deployment)).toEqual(['d3', 'd3', 'd3']);
        const after = await lab.inspectAll<Notebook>('notebook');
        expect(after.map(({ born }) => born)).toEqual(before.map(({ born }) => born));
        expect(await sequences(lab)).toEqual([3, 2, 1]);
      }),
    );
  });
});
