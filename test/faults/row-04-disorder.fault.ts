/**
 * Fault 4: bytes come late, requests overtake each other, and answers are cut off, so that requests come again. No node activates
 * a deployment twice, and all agree (law 1).
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../src/operator/status/history.ts';
import { until } from '../support/gossip.ts';
import { writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';
import { behindProxies } from './behind-proxies.ts';
import type { Storm } from './behind-proxies.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { ForwardWatch } from './forward-watch.ts';
import { insist } from './insist.ts';
import { descents, repeats } from './journals.ts';
import { printedSeed } from './seed.ts';
import { moduleOf } from './watcher.ts';

const NODES = 10;
const INTERVAL_MS = 200;
const STORMS = 2;
/** Where two operators deploy at once. */
const OPERATORS = [
  ['rendezvous1', 'rendezvous2'],
  ['node1', 'node8'],
] as const;
/** The exit code for it. */
const NUMBER_TAKEN = 8;

interface Deployed {
  readonly deployment: string;
}

test('row 4: delay, reorder, duplicate', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  const random = printedSeed('row 4');
  await withCluster({ nodes: NODES, rendezvous: 2, intervalMs: INTERVAL_MS }, (calm) =>
    behindProxies(calm, random, async (cluster, storm) => {
      const { lab, names } = cluster;
      await cluster.update();
      const watch = new ForwardWatch(cluster);
      const runningMs: number[] = [];
      try {
        for (let count = 0; count < STORMS; count += 1) {
          storm.rage();
          runningMs.push(...(await deployInStorm(cluster)));
          for (const pair of OPERATORS)
            await deployAtOnce(
              cluster,
              pair.map((name) => storm.past(name)),
            );
          storm.calm();
          await agreed(cluster);
        }
      } finally {
        await watch.end();
      }
      const history = await lab.ask<HistoryEntry[]>('history', '--module', 'notebook');
      expect(watch.wrongs).toEqual([]);
      for (const name of names) {
        const journal = await cluster.journal(name);
        expect({ name, descents: descents(journal), repeats: repeats(journal, history) }).toEqual({ name, descents: [], repeats: [] });
        const { incarnation, modules } = await cluster.watcher.status(name);
        expect({ name, incarnation, restarts: modules.map(({ restarts }) => restarts) }).toEqual({ name, incarnation: 2, restarts: [0] });
      }
      expect(Math.min(watch.looks, storm.disorder.overtaken, storm.disorder.answersCut)).toBeGreaterThan(0);
      tell(storm);
      const twins = history.length - new Set(history.map(({ number }) => number.sequence)).size;
      findings.outcome(
        `all agreed after each storm on ${history.length} deployments, ${twins} with the number of another; none was activated twice`,
      );
      findings.figure('running on all in the storm', runningMs);
    }),
  );

  function tell({ disorder }: Storm): void {
    const { connections, delayed, overtaken, stalled, reset, answersCut } = disorder;
    findings.inject(delayed + stalled + reset + answersCut);
    const told = {
      connections,
      delayed,
      stalled,
      reset,
      'cut off between request and answer': answersCut,
      'overtaken by later requests': overtaken,
    };
    for (const [name, times] of Object.entries(told)) findings.figure(name, [times], { unit: 'times' });
  }
});

/** One after the other, each once the last runs everywhere: a deployment, a rollback and a scrub. How long each took. */
async function deployInStorm(cluster: FaultCluster): Promise<number[]> {
  const { lab } = cluster;
  const file = join(cluster.directory, 'signed.gossip');
  const path = await writeModule(cluster.directory, cluster.nextNotebook());
  await insist(lab, 'deploy', path, '--no-check', '--to', 'rendezvous1', '--write', file);
  const injected = await insist<Deployed>(lab, 'config', 'inject', file, '--to', 'rendezvous1');
  const first = await cluster.spread(injected.deployment);
  const back = await insist<Deployed>(lab, 'rollback', 'd1', '--to', 'rendezvous2');
  const second = await cluster.spread(back.deployment);
  // The same signed record once more, when a later one runs everywhere already.
  await insist(lab, 'config', 'inject', file, '--to', lab.node('node7').address);
  const clean = await writeModule(cluster.directory, cluster.nextNotebook());
  const scrub = await insist<Deployed>(lab, 'deploy', clean, '--no-check', '--to', lab.node('node4').address, '--scrub');
  const third = await cluster.spread(scrub.deployment);
  return [first, second, third].map(({ runningMs }) => runningMs);
}

/**
 * Two operators, each beside a node and so out of the storm, at the same time: both sign the next number, and whoever finds it taken
 * by then begins again.
 */
async function deployAtOnce(cluster: FaultCluster, at: readonly string[]): Promise<void> {
  const drafts = await Promise.all(
    at.map(async (node) => {
      const path = await writeModule(cluster.directory, cluster.nextNotebook());
      const file = `${path}.gossip`;
      await insist(cluster.lab, 'deploy', path, '--no-check', '--to', node, '--write', file);
      return { node, path, file };
    }),
  );
  await Promise.all(
    drafts.map(async ({ node, path, file }) => {
      const told = await until(`what was signed is at ${node}`, async () => {
        const { code } = await cluster.lab.run('config', 'inject', file, '--to', node, '--json');
        return code === 0 ? 'injected' : code === NUMBER_TAKEN && 'taken';
      });
      if (told === 'taken') await insist(cluster.lab, 'deploy', path, '--no-check', '--to', node);
    }),
  );
}

/** All nodes run the newest of all deployments, and gossip about nothing that a scrub has ended. */
async function agreed(cluster: FaultCluster): Promise<void> {
  await cluster.lab.converged();
  const [newest, ...older] = await cluster.lab.ask<HistoryEntry[]>('history', '--module', 'notebook');
  const running = await Promise.all(cluster.names.map(async (name) => moduleOf(await cluster.watcher.status(name), 'notebook')));
  expect(running.map((module) => [module?.number, module?.code])).toEqual(cluster.names.map(() => [newest?.number, newest?.code]));
  const sequence = newest?.number.sequence ?? 0;
  const scrubbed = older.find(({ scrub }) => scrub)?.number.sequence ?? 0;
  const states = await cluster.watcher.untilInspected<Notebook>(cluster.names, 'notebook', 'all have the words of all', (shown) =>
    shown.every(({ words }) => cluster.names.every((name) => words.includes(`${name} d${sequence}`))),
  );
  const words = [...new Set(states.flatMap((state) => state.words))];
  expect(words.filter((word) => Number(word.split(' d')[1]) < scrubbed)).toEqual([]);
}
