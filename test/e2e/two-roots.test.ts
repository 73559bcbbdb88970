/** Two operators change the root at the same moment, on two parts of a network: the alarm, and the way out that the guide names. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { joinColleague, writeKeyPair } from '../support/joined-operator.ts';
import { gossipHere, until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import { shippedModule } from '../support/modules.ts';

interface Shown {
  readonly version: number;
  readonly epoch: number;
  readonly holding: number;
  readonly apart: readonly { readonly name: string }[];
  readonly keys: readonly { readonly name: string | null }[];
}

test('two roots of one version raise an alarm, split no module, and end by a recovery that all follow', async () => {
  await withDirectory((directory) =>
    withLab({ nodes: 3, rendezvous: 1 }, async (ada) => {
      const home = join(directory, 'his');
      const bob = async <Json>(...args: readonly string[]): Promise<Json> => {
        const { code, json, stdout } = await gossipHere<Json>([...args, '--json'], home, directory);
        if (code !== 0) throw new Error(`gossip ${args.join(' ')} ended with ${code}: ${stdout}`);
        return json;
      };
      const shown = (): Promise<Shown> => ada.ask<Shown>('cluster', 'show');
      await ada.ask('deploy', shippedModule('registry'), '--wait');
      await ada.ask('cluster', 'rotate-key', '--name', 'ada');
      await joinColleague(ada, { name: 'bob', roles: ['root', 'deploy', 'admit'], home, directory });
      await until('all hold the root', async () => (await shown()).holding === 3);
      const [carol, dave] = [await writeKeyPair(directory, 'carol'), await writeKeyPair(directory, 'dave')];

      await ada.stop('node1', 'node2');
      await ada.ask('cluster', 'add-operator', 'carol', carol.publicFile);
      await ada.stop('rendezvous1');
      await ada.start('node1', 'node2');
      expect(await bob('cluster', 'add-operator', 'dave', dave.publicFile)).toMatchObject({ from: 3, to: 4 });
      await until('both hold it', async () => (await bob<Shown>('cluster', 'show')).holding === 2);

      await ada.start('rendezvous1');
      const alarmed = await ada.untilStatus('somebody says so', ({ nodes }) =>
        nodes.some(({ alarms }) => alarms.some(({ code }) => code === 'GOSSIP_E_ROOT_TWICE')),
      );
      expect(alarmed.nodes.map(({ reachable }) => reachable)).toEqual([true, true, true]);
      const forked = await shown();
      expect(forked).toMatchObject({ version: 4, holding: 1 });
      expect(forked.apart.map(({ name }) => name).toSorted()).toEqual(['node1', 'node2']);
      // Modules do not mind, for what is deployed is the same.
      await ada.ask('call', 'registry', '{"op":"set","key":"greeting","value":"hello"}', '--to', 'rendezvous1');
      await until('it is known on the other side', async () => {
        const { json } = await ada.run('call', 'registry', '{"op":"get","key":"greeting"}', '--to', 'node2', '--json');
        return JSON.stringify(json).includes('hello');
      });

      await ada.ask('cluster', 'recover', '--until', 'd1');
      await until('all hold one root', async () => {
        const { epoch, holding, apart } = await shown();
        return epoch === 2 && holding === 3 && apart.length === 0;
      });
      expect((await shown()).keys.map(({ name }) => name)).not.toContain('dave');
      // He may admit, and does so for himself: one of the nodes has never met him.
      expect(await bob<Shown>('cluster', 'show')).toMatchObject({ version: 5, epoch: 2, apart: [] });
      await until('he sees all', async () => (await bob<Shown>('cluster', 'show')).holding === 3);
      await bob('cluster', 'add-operator', 'dave', dave.publicFile);
      await until('all hold what was made again', async () => (await shown()).holding === 3);
      await bob('deploy', shippedModule('membership'), '--wait');
      await ada.converged();
      await ada.untilStatus('the alarm is over', ({ nodes }) => nodes.every(({ alarms }) => alarms.length === 0));
    }),
  );
}, 360_000);
