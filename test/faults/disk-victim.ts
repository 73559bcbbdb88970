/** What fault 16 asks of a node whose disk takes nothing: it keeps what it had, says so, gossips on, and catches up when it may write again. */
import { expect } from 'vitest';
import type { NodeStatus } from '../../src/api/status.ts';
import { notebook } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';
import type { FaultCluster } from './cluster.ts';
import { pulse } from './pulse.ts';
import type { Pulse } from './pulse.ts';
import { moduleOf } from './watcher.ts';

export const VICTIM = 'node1';
/** A deployment that cannot be on the disk by some luck. */
const BALLAST_BYTES = 1024 * 1024;

/** The node before the fault, with a module whose state shows whether it was kept. */
export async function prepareVictim(cluster: FaultCluster): Promise<{ born: string }> {
  const first = await cluster.deploy(notebook('1.0.0'));
  const beat = await cluster.deploy(pulse);
  await cluster.allRun(first);
  await cluster.allRun(beat, cluster.names, 'pulse');
  return { born: await bornOf(cluster) };
}

/** The fault is there: the others take a deployment, and the victim tells why it does not. */
export async function sufferDeployment(cluster: FaultCluster, { born }: { born: string }): Promise<{ newest: string; told: NodeStatus }> {
  const newest = await cluster.deploy({ ...notebook('1.1.0'), ballastBytes: BALLAST_BYTES }, 'rendezvous1');
  await cluster.allRun(
    newest,
    cluster.names.filter((name) => name !== VICTIM),
  );
  const told = await cluster.watcher.until(VICTIM, 'it tells of its disk', tellsOfDisk);
  expect(moduleOf(told, 'notebook')?.deployment).toBe('d1');
  expect(await bornOf(cluster)).toBe(born);
  await gossipsOn(cluster);
  return { newest, told };
}

/** Without a fault any more, it catches up by itself and still has its state. */
export async function healVictim(cluster: FaultCluster, { born, newest }: { born: string; newest: string }): Promise<void> {
  await cluster.allRun(newest);
  await cluster.watcher.until(VICTIM, 'its disk is well', ({ disk }) => disk.error === null);
  expect(await bornOf(cluster)).toBe(born);
}

function tellsOfDisk({ disk, modules }: NodeStatus): boolean {
  return disk.error?.code === 'GOSSIP_E_DISK' || modules.some(({ why }) => why?.code === 'GOSSIP_E_DISK');
}

/** Its modules are answered from now on, not only before the fault. */
async function gossipsOn({ watcher }: FaultCluster): Promise<void> {
  const sinceMs = Date.now();
  await watcher.untilInspected<Pulse>([VICTIM], 'pulse', 'the victim gossips on', ([shown]) =>
    (shown?.answers ?? []).some((at) => at > sinceMs),
  );
}

async function bornOf({ watcher }: FaultCluster): Promise<string> {
  return (await watcher.untilInspected<Notebook>([VICTIM], 'notebook', 'it shows its notebook', () => true))[0]?.born ?? '';
}
