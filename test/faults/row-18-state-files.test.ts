/** Fault 18: files of state are damaged or old when a node starts. The other copy or the peers give them back; what is wrong is never loaded. */
import { copyFile, readFile } from 'node:fs/promises';
import { expect, inject, test } from 'vitest';
import { cutOff, emptied, filesBelow, flipped, lost, zeroed } from '../support/damage.ts';
import type { Damage } from '../support/damage.ts';
import { until } from '../support/gossip.ts';
import type { Notebook } from '../support/modules.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';

const EVERY: Readonly<Record<string, Damage>> = { 'cut off': cutOff, emptied, zeroed, 'one bit flipped': flipped, lost };
/** Every byte of these files is tried in test/core/store; here two kinds are enough to see that the node acts on what the store says. */
const FEW: Readonly<Record<string, Damage>> = { 'cut off': cutOff, 'one bit flipped': flipped };
const VICTIM = 'node1';

test('row 18: state file truncated, zeroed, one bit flipped, old copy', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 2, rendezvous: 1 }, async (cluster) => {
    const { lab } = cluster;
    const data = lab.node(VICTIM).directory;
    const configuration = (): Promise<string[]> => filesBelow(data, /^configuration\.[01]$/);
    const state = (): Promise<string[]> => filesBelow(data, /^notebook\.[01]$/);
    await cluster.update();
    const old = await copiesOf(await configuration());
    let newest = await cluster.update();
    await until('both copies of the state are there', async () => (await state()).length === 2);

    const restartAfter = async (act: () => Promise<unknown>): Promise<string> => {
      await lab.kill(VICTIM);
      await act();
      findings.inject();
      await lab.start(VICTIM);
      await cluster.allRun(newest);
      return bornOf(cluster);
    };
    let born = await bornOf(cluster);
    for (const [how, damage] of Object.entries(inject('everyFault') ? EVERY : FEW)) {
      const wrongOf = async (files: readonly string[]): Promise<void> => void (await Promise.all(files.map(damage)));
      // One copy: the other one is loaded. Both of the configuration: the peers give it back.
      const one = await restartAfter(async () => wrongOf([(await configuration())[0] as string, (await state())[0] as string]));
      expect({ how, born: one }).toEqual({ how, born });
      expect({ how, born: await restartAfter(async () => wrongOf(await configuration())) }).toEqual({ how, born });
      // Both of the state: the module begins anew.
      const anew = await restartAfter(async () => wrongOf(await state()));
      expect({ how, born: anew }).not.toEqual({ how, born });
      born = anew;
      await until('both copies of the state are there again', async () => (await state()).length === 2);
    }

    // An old configuration is whole, and yet not the newest: the peers know better.
    const stale = await copiesOf(await state());
    expect(await restartAfter(() => old.putBack())).toBe(born);
    // Old state is whole too, but of an epoch that a scrub has ended since (law 3).
    newest = await cluster.update('rendezvous1', '--scrub');
    const scrubbed = await bornOf(cluster);
    await until('the state after the scrub is on the disk', async () => {
      const written = await Promise.all((await state()).map((file) => readFile(file, 'utf8')));
      return written.some((text) => text.includes(scrubbed));
    });
    expect(await restartAfter(() => stale.putBack())).not.toBe(born);
    findings.outcome('the other copy, the peers or a new beginning; nothing damaged and nothing of an ended epoch was loaded');
  });
});

/** Copies beside the files, which can be put back in their places. */
async function copiesOf(files: readonly string[]): Promise<{ putBack: () => Promise<void> }> {
  await Promise.all(files.map((file) => copyFile(file, `${file}.copied`)));
  return { putBack: async () => void (await Promise.all(files.map((file) => copyFile(`${file}.copied`, file)))) };
}

async function bornOf({ watcher }: FaultCluster): Promise<string> {
  return (await watcher.untilInspected<Notebook>([VICTIM], 'notebook', 'it shows its notebook', () => true))[0]?.born ?? '';
}
