/** Bad input: deployments at the same time, and a deployment while another is under way. Each gets a number of its own, and none is lost. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { TestLab, whatRuns } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

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

let lab: TestLab;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gossip-races-'));
  lab = await TestLab.up({ nodes: 3, rendezvous: 1 });
});
afterAll(async () => {
  await lab?.end();
  await rm(directory, { recursive: true, force: true });
});

/** Messages of the newest deployments. */
async function newest(count: number): Promise<string[]> {
  return (await lab.ask<HistoryEntry[]>('history')).slice(0, count).map(({ message }) => message);
}

describe('two operators', () => {
  it('of whom one expects what the other has just replaced: the second is told, and injects nothing', async () => {
    await lab.ask('deploy', '--module', 'registry', '--to', 'rendezvous1', '--wait');
    const both = await Promise.all(['ada', 'bob'].map((message) => deployApart(lab, message, '--to', 'rendezvous1', '--expect', 'd1')));
    expect(new Set(both.map(({ code }) => code))).toEqual(new Set([0, 8]));
    expect(both.find(({ code }) => code === 8)?.json).toMatchObject({ error: { code: 'GOSSIP_E_EXPECT' } });
    expect(await sequences(lab)).toEqual([2, 1]);
  });

  it('at the same node at once get numbers of their own, and the highest runs everywhere', async () => {
    const operators = ['ada', 'bob', 'cyn', 'dan'];
    const deployed = await Promise.all(operators.map((message) => deployApart(lab, message, '--to', 'rendezvous1')));
    expect(deployed.map(({ json }) => json.deployment).toSorted()).toEqual(['d3', 'd4', 'd5', 'd6']);
    const status = await lab.converged();
    expect(whatRuns(status, 'registry').map(({ deployment }) => deployment)).toEqual(['d6', 'd6', 'd6']);
    expect(await sequences(lab)).toEqual([6, 5, 4, 3, 2, 1]);
    expect((await newest(4)).toSorted()).toEqual(operators);
  });

  it('at different nodes at once may get one number, and all nodes choose the same of the two', async () => {
    const operators = [
      ['rendezvous1', 'ada'],
      ['node1', 'bob'],
      ['node2', 'cyn'],
    ] as const;
    const ended = await Promise.all(operators.map(([node, message]) => deployApart(lab, message, '--to', node)));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    await lab.converged();
    const [first] = await lab.ask<HistoryEntry[]>('history');
    const { nodes } = await lab.converged();
    expect(new Set(nodes.map(({ modules }) => modules[0]?.deployment)).size).toBe(1);
    expect(first?.deployment).toBe(nodes[0]?.modules[0]?.deployment);
    expect((await newest(3)).toSorted()).toEqual(['ada', 'bob', 'cyn']);
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
    const { deployment: first } = await lab.ask<Deployed>('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
    const [last] = await sequences(lab);
    const nth = (count: number): string => `d${(last as number) + count}`;
    const before = await lab.untilInspected<Notebook>('notebook', 'all have begun', (states) => states.length === 3);
    const slow = await writeModule(directory, { name: 'notebook', version: '2.0.0', source: SLOW });
    const waiting = lab.ask<Deployed>('deploy', slow, '--no-check', '--to', 'rendezvous1', '--wait', '--timeout', '3m');
    await lab.untilStatus('the slow one is known', (status) => status.newest['notebook']?.deployment === nth(1));
    const next = await lab.ask<Deployed>('deploy', await writeModule(directory, notebook('3.0.0')), '--to', 'node2', '--wait');
    expect(next).toMatchObject({ deployment: nth(2), converged: { nodes: 3 } });
    expect(await waiting).toMatchObject({ deployment: nth(1), converged: { nodes: 3 } });
    expect(whatRuns(await lab.converged(), 'notebook').map(({ deployment }) => deployment)).toEqual([nth(2), nth(2), nth(2)]);
    const after = await lab.inspectAll<Notebook>('notebook');
    expect(after.map(({ born }) => born)).toEqual(before.map(({ born }) => born));
    expect((await lab.ask<HistoryEntry[]>('history', '--module', 'notebook')).map(({ deployment }) => deployment)).toEqual([
      nth(2),
      nth(1),
      first,
    ]);
  });
});
