/**
 * `gossip lab down` where nodes were killed, drained and started again by hand: it ends who runs, counts truly, and leaves nobody behind. And of
 * two commands at once that start or end a lab, one does it, and the other says so.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gossip, gossipHere, launch, startNode, until, withDirectory } from '../support/gossip.ts';
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

test('of two that start a lab at once, one does; of two that end it, one waits for the other and says what became of it', async () => {
  await withDirectory((home) =>
    endingAllBelow(home, async () => {
      const dir = join(home, 'labs', 'two');
      const lock = join(dir, 'lab.lock');
      const flags = ['--name', 'two', '--nodes', '4', '--rendezvous', '1', '--interval', '150ms'];
      const first = launch(['lab', 'up', ...flags, '--json'], { home });
      await until('the lab is on its way', async () => existsSync(`${lock}.holder`));
      // Else it may be done before the second one has looked.
      first.child.kill('SIGSTOP');
      const second = await gossip(['lab', 'up', ...flags, '--json'], { home });
      first.child.kill('SIGCONT');
      expect(second).toMatchObject({
        code: 1,
        json: { error: { code: 'GOSSIP_E_LAB', message: `a lab is being started or ended: ${dir} is used by process ${first.child.pid}` } },
      });
      const up = await first.ended;
      expect([up.code, existsSync(lock)]).toEqual([0, false]);
      expect(await gossip(['lab', 'up', ...flags, '--json'], { home })).toMatchObject({
        json: { error: { message: `a lab runs in ${dir}` } },
      });

      // It holds the first one up until the second one waits.
      const { pid } = (JSON.parse(up.stdout) as LabJson).nodes[0] as { pid: number };
      process.kill(pid, 'SIGSTOP');
      const ends = [launch(['lab', 'down', '--name', 'two'], { home })];
      await until('the first is at work', async () => existsSync(lock));
      ends.push(launch(['lab', 'down', '--name', 'two'], { home }));
      await until('the second waits', async () =>
        ends[1]?.stderr().includes(`Waiting: a lab is being started or ended: ${dir} is used by process`),
      );
      process.kill(pid, 'SIGCONT');
      const [one, other] = await Promise.all(ends.map(({ ended }) => ended));
      expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^4 nodes ended; nothing is left of the lab\./) });
      expect(other).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining(`there is no lab in ${dir} any more: another command has just ended it`),
      });
      expect([await processesBelow(dir), existsSync(dir)]).toEqual([[], false]);
    }),
  );
}, 180_000);
