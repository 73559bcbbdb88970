/** Fault 19: code is changed on a node's disk, so that it would do something else. It is never executed, and pulled again from a peer (law 2). */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { expect, inject, test } from 'vitest';
import { cutOff, filesBelow, flipped } from '../support/damage.ts';
import type { Damage } from '../support/damage.ts';
import { notebook } from '../support/modules.ts';
import type { ModuleSource } from '../support/modules.ts';
import { withCluster } from './cluster.ts';
import type { FaultCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { moduleOf } from './watcher.ts';

const VICTIM = 'node1';
const GENUINE = 'genuine!';
const TAMPERED = 'tampered';
/** Valid code all the same, of the same length: only its hash tells. */
const tampered: Damage = async (path) => writeFile(path, (await readFile(path, 'latin1')).replaceAll(GENUINE, TAMPERED), 'latin1');
const DAMAGES: Readonly<Record<string, Damage>> = inject('everyFault')
  ? { 'says something else': tampered, 'cut off': cutOff, 'one bit flipped': flipped }
  : { 'says something else': tampered };

/** Tells which code it is in its checkpoint, where it stays for ever: whoever ran the changed code has it there. */
const witness: ModuleSource = {
  name: 'witness',
  version: '1.0.0',
  source: notebook('')
    .source.replace('this.born = null;', `this.born = '${GENUINE}';`)
    .replace(`this.learn([self.name`, `this.learn(['${GENUINE}', self.name`),
};

test('row 19: code blob corrupted on disk', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withCluster({ nodes: 2, rendezvous: 1 }, async (cluster) => {
    const { lab, watcher } = cluster;
    const data = lab.node(VICTIM).directory;
    const deployment = await cluster.deploy(witness);
    await cluster.allRun(deployment, cluster.names, 'witness');
    const { code } = moduleOf(await watcher.status(VICTIM), 'witness') ?? {};
    for (const [how, damage] of Object.entries(DAMAGES)) {
      // As it lies in the store and, laid out for hosts, beside it; while the core runs, and while it does not.
      for (const [where, began] of [
        ['content', 'with the core'],
        ['content/checkout', 'with the core'],
        ['content', 'after a crash of the module'],
      ] as const) {
        const files = await filesBelow(`${data}/${where}`, /^(?!module\.json)/);
        const whole = await keep(files, cluster.directory);
        if (began === 'with the core') await lab.kill(VICTIM);
        await Promise.all(files.map(damage));
        findings.inject(files.length);
        if (began === 'with the core') await lab.start(VICTIM);
        else await crashModule(cluster);
        await cluster.allRun(deployment, cluster.names, 'witness');
        expect({ how, where, code: moduleOf(await watcher.status(VICTIM), 'witness')?.code }).toEqual({ how, where, code });
        await watcher.untilInspected<{ words: readonly string[] }>(
          cluster.names,
          'witness',
          `only the genuine code ran, ${how} in ${where}`,
          (shown) => shown.every(({ words }) => words.includes(GENUINE)),
        );
        expect(JSON.stringify(await Promise.all(cluster.names.map((name) => watcher.inspect(name, 'witness'))))).not.toContain(TAMPERED);
        expect(await whole.differing()).toEqual([]);
      }
    }
    findings.outcome('never executed; pulled again from the peer, and whole on the disk afterwards');
  });
});

async function crashModule({ watcher }: FaultCluster): Promise<void> {
  const before = moduleOf(await watcher.status(VICTIM), 'witness');
  process.kill(before?.pid as number, 'SIGKILL');
  await watcher.until(VICTIM, 'the module was started again', (status) => {
    const now = moduleOf(status, 'witness');
    return now?.state === 'running' && now.restarts > (before?.restarts ?? 0);
  });
}

/** Remembers files as they are; tells later which of them differ. */
async function keep(files: readonly string[], aside: string): Promise<{ differing: () => Promise<string[]> }> {
  const copies = files.map((file, index) => [file, `${aside}/kept-${index}`] as const);
  await Promise.all(copies.map(([file, copy]) => copyFile(file, copy)));
  const isWhole = async ([file, copy]: readonly [string, string]): Promise<boolean> => {
    const [now, then] = await Promise.all([readFile(file).catch(() => null), readFile(copy)]);
    return now !== null && now.equals(then);
  };
  return {
    differing: async () => {
      const whole = await Promise.all(copies.map(isWhole));
      return files.filter((_, index) => !whole[index]);
    },
  };
}
