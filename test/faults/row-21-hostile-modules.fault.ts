/** Fault 21: modules that stand still, loop, grow or flood are ended and started again, and their core is never late (law 4). */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ErrorCode } from '../../src/model/errors.ts';
import { until } from '../support/gossip.ts';
import { broken } from './broken-modules.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import type { Findings } from './fault.ts';
import type { Entry } from './journals.ts';
import { lagsOf, restartWatched } from './lags.ts';
import { pulse, slips } from './pulse.ts';
import { residentBytes } from './vitals.ts';
import { moduleOf } from './watcher.ts';

const INTERVAL_MS = 150;
const GOAL_LAG_MS = 50;
const HUNG_GOAL_MS = 7_000;
/** How long after its start a module begins to misbehave: it runs by then. */
const AFTER_MS = 1_000;
const FLOOD_MS = 8_000;
const MIB = 1024 * 1024;

const later = (act: string): string => `this.context.after(${AFTER_MS}, () => { ${act} });`;
/** How a module misbehaves, what the node then says of it, and within which time (attacks D7 and D8). */
const ENDED: readonly { how: string; starting: string; code: ErrorCode; goalMs: number }[] = [
  { how: 'infinite loop', starting: later('for (;;);'), code: 'GOSSIP_E_MODULE_HUNG', goalMs: HUNG_GOAL_MS },
  {
    // One that passes its promise on would be a chain of promises without end, and end by its memory.
    how: 'infinite loop of microtasks',
    starting: later('const again = () => { queueMicrotask(again); }; again();'),
    code: 'GOSSIP_E_MODULE_HUNG',
    goalMs: HUNG_GOAL_MS,
  },
  {
    how: 'memory hog',
    starting: later('const kept = []; setInterval(() => kept.push(Buffer.alloc(8 * 1024 * 1024, 1)), 5);'),
    code: 'GOSSIP_E_MODULE_MEMORY',
    goalMs: 2_000,
  },
];
const FLOOD = `const line = 'x'.repeat(1_000); setInterval(() => { for (let count = 0; count < 500; count += 1) console.log(line); }, 1);`;

test('row 21: SIGSTOP, infinite loop, memory hog, flood in a module', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 3, rendezvous: 1, intervalMs: INTERVAL_MS }, async (cluster) => {
    const { watcher, names } = cluster;
    const cores = await restartWatched(cluster);
    await cluster.update();
    await cluster.allRun(await cluster.deploy(pulse), names, 'pulse');
    const sinceMs = Date.now();

    for (const [index, { how, starting, code, goalMs }] of ENDED.entries()) {
      const deployment = await cluster.deploy(broken(`2.0.${index}`, { starting }));
      const ends = await Promise.all(names.map((name) => endOf(cluster, name, deployment, code)));
      findings.inject(names.length);
      findings.figure(
        `${how}: ended after`,
        ends.map((ms) => ms - AFTER_MS),
        { goal: goalMs },
      );
      await cluster.update();
    }
    await standStill(cluster, findings);
    await flood(
      cluster,
      cores.map(({ pid }) => pid),
      findings,
    );

    const { rounds } = await slips(cluster, names, { sinceMs, intervalMs: INTERVAL_MS });
    findings.figure('rounds of another module slipped by', rounds, { unit: 'rounds' });
    const lags = (await Promise.all(names.map((name) => lagsOf(cluster, name))))
      .flat()
      .flatMap(([atMs, lateMs]) => (atMs >= sinceMs ? [lateMs] : []));
    findings.figure('lag of the core', lags);
    findings.figure('p99 of it', [lags.toSorted((a, b) => a - b)[Math.ceil(0.99 * lags.length) - 1] ?? NaN], { goal: GOAL_LAG_MS });
    const after = await Promise.all(names.map((name) => watcher.status(name)));
    expect(after.map(({ incarnation }) => incarnation)).toEqual(names.map(() => 2));
    findings.outcome('ended and started again, the flood dropped; no core restarted, another module went on');
  });
});

/** How long this deployment's first instance ran on the node until it was ended for that reason; another was started since. */
async function endOf(cluster: FaultCluster, name: string, deployment: string, code: ErrorCode): Promise<number> {
  return until(`${name} ends ${deployment} with ${code}, and starts it again`, async () => {
    const entries = (await cluster.journal(name)).filter(({ module }) => module === 'notebook');
    const began = entries.findIndex((entry) => entry.deployment === deployment && entry.state === 'running');
    const ended = entries.findIndex((entry, index) => began !== -1 && index > began && entry.code === code);
    const again = entries.some((entry, index) => ended !== -1 && index > ended && entry.state === 'running');
    return again && (entries[ended] as Entry).atMs - (entries[began] as Entry).atMs;
  });
}

/** A host that the system stops looks like one that loops. */
async function standStill(cluster: FaultCluster, findings: Findings): Promise<void> {
  const times = await Promise.all(
    cluster.names.map(async (name) => {
      const before = moduleOf(await cluster.watcher.status(name), 'notebook');
      const atMs = Date.now();
      process.kill(before?.pid as number, 'SIGSTOP');
      findings.inject();
      await cluster.watcher.until(name, 'another instance runs', (status) => {
        const now = moduleOf(status, 'notebook');
        return now?.state === 'running' && now.pid !== before?.pid;
      });
      const entries = await cluster.journal(name);
      return (entries.find((entry) => entry.atMs >= atMs && entry.code === 'GOSSIP_E_MODULE_HUNG')?.atMs ?? NaN) - atMs;
    }),
  );
  findings.figure('SIGSTOP: ended after', times, { goal: HUNG_GOAL_MS });
}

/** Output without end is dropped; the module may go on (attack D9). */
async function flood(cluster: FaultCluster, cores: readonly number[], findings: Findings): Promise<void> {
  const { watcher, names } = cluster;
  const before = await Promise.all(cores.map(residentBytes));
  await cluster.allRun(await cluster.deploy(broken('3.0.0', { starting: FLOOD })));
  findings.inject(names.length);
  await pause(FLOOD_MS);
  const after = await Promise.all(cores.map(residentBytes));
  findings.figure(
    'flood: memory of the core grew by',
    after.map((bytes, index) => (bytes - (before[index] as number)) / MIB),
    { unit: 'MiB' },
  );
  for (const name of names) expect(moduleOf(await watcher.status(name), 'pulse')?.state).toBe('running');
  await cluster.update();
}
