/** Bad input: SIGKILL of any node at any moment of an update. Whatever was acknowledged is there afterwards, and so is the state. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { until, withDirectory } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';
import { seeded } from '../support/records.ts';

/** A fault of the table kills two hundred times: `npm run faults -- 14`. */
const KILLS = 8;
const SEED = 20_080_720;
/** An update takes some 500 ms: kills fall before, in and after every step of it. */
const WITHIN_MS = 1_000;

it(
  `${KILLS} kills in the middle of updates lose neither a deployment nor a state (law 5), and no node goes back (law 1)`,
  { timeout: 600_000 },
  async () => {
    await withDirectory((directory) =>
      withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
        const random = seeded(SEED);
        const names = lab.nodes.map(({ name }) => name);
        const any = (): string => names[Math.floor(random() * names.length)] as string;
        await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
        const before = await checkpointed(lab);
        const acknowledged = new Set(['1.0.0']);

        for (let kill = 1; kill <= KILLS; kill += 1) {
          const version = `1.0.${kill}`;
          const path = await writeModule(directory, notebook(version));
          const deploying = lab
            .run('deploy', path, '--no-check', '--to', any(), '--json')
            .then(({ code }) => code === 0 && acknowledged.add(version));
          const victim = any();
          await pause(random() * WITHIN_MS);
          await lab.kill(victim);
          await deploying;
          await lab.start(victim);
        }

        const status = await lab.converged();
        const history = await lab.ask<HistoryEntry[]>('history');
        expect(history.map(({ version }) => version)).toEqual(expect.arrayContaining([...acknowledged]));
        expect(new Set(whatRuns(status, 'notebook').map(({ deployment }) => deployment)).size).toBe(1);
        expect(status.newest['notebook']?.version).toBe(history[0]?.version);
        expect((await lab.inspectAll<Notebook>('notebook')).map(({ born }) => born)).toEqual(before.map(({ born }) => born));
        for (const { directory: data } of lab.nodes) expect(descents(await sequencesRun(data))).toEqual([]);
      }),
    );
  },
);

/** What every node has in its notebook, once all of it is on the nodes' disks. */
async function checkpointed(lab: TestLab): Promise<Notebook[]> {
  await until('every node has a checkpoint', async () => {
    const states = await Promise.all(lab.nodes.map(({ directory }) => readFile(join(directory, 'state', 'notebook.0')).catch(() => null)));
    return states.every((state) => state !== null);
  });
  return lab.inspectAll<Notebook>('notebook');
}

/** The sequences of the deployments that a node ran, in the order in which it ran them, by its journal. */
async function sequencesRun(data: string): Promise<number[]> {
  const lines = (await readFile(join(data, 'journal.jsonl'), 'utf8')).trim().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as { event: string; state?: string; deployment?: string });
  const ran = entries.filter(({ event, state }) => event === 'module-state' && state === 'running');
  return ran.map(({ deployment = '' }) => Number(/^d(\d+)/.exec(deployment)?.[1]));
}

function descents(sequences: readonly number[]): string[] {
  return sequences.flatMap((sequence, index) => {
    const before = sequences[index - 1] ?? 0;
    return sequence < before ? [`d${sequence} after d${before}`] : [];
  });
}
