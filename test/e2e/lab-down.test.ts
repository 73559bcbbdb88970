/** `gossip lab down` where nodes were killed, drained and started again by hand: it ends who runs, counts truly, and leaves nobody behind. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, gossipHere, startNode, until, withDirectory } from '../support/gossip.ts';
import type { RunningNode } from '../support/gossip.ts';
import { endingAllBelow, processesBelow } from '../support/processes.ts';

interface LabJson {
  readonly dir: string;
  readonly nodes: readonly { readonly name: string; readonly address: string; readonly pid: number }[];
}

test('lab down ends the nodes that were started again by hand, and counts those that ran', async () => {
  await withDirectory((home) =>
    endingAllBelow(home, async () => {
      const flags = ['--nodes', '4', '--rendezvous', '1', '--interval', '150ms', '--json'];
      const { dir, nodes } = (await gossip<LabJson>(['lab', 'up', ...flags], { home })).json;
      const directoryOf = (name: string): string => join(dir, name);
      for (const { name, pid } of nodes.filter((node) => ['node1', 'node3'].includes(node.name))) {
        process.kill(pid, 'SIGKILL');
        await until(`${name} has ended`, async () => (await processesBelow(directoryOf(name))).length === 0);
      }
      expect((await gossipHere(['drain', 'node2'], home)).code).toBe(0);
      const again = async (name: string): Promise<RunningNode> => {
        const address = nodes.find((node) => node.name === name)?.address as string;
        return startNode(['--data', directoryOf(name), '--listen', address], { home });
      };
      const [killed, drained] = [await again('node1'), await again('node2')];

      expect(await gossip(['lab', 'down'], { home })).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^3 nodes ended; 1 had ended before; nothing is left of the lab\./),
      });
      // They ended in order.
      expect([(await killed.ended).code, (await drained.ended).code]).toEqual([0, 0]);
      expect([await processesBelow(dir), existsSync(dir)]).toEqual([[], false]);
    }),
  );
}, 180_000);
