/** The operator's key is exchanged, and stolen: `cluster show`, `rotate-key` and `recover` on real nodes, against a thief with a copy of the whole home (attack A10). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type * as ClientModule from '../../src/operator/client/client.ts';
import type * as ClustersModule from '../../src/operator/cluster/clusters.ts';
import type * as RecoverModule from '../../src/operator/cluster/recovery/recover.ts';
import type * as SettingsModule from '../../src/operator/settings/settings.ts';
import { built } from '../support/built.ts';
import { gossip, withDirectory } from '../support/gossip.ts';
import type { Ran } from '../support/gossip.ts';
import { whatRuns, withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import { stealHome } from '../support/stolen-home.ts';

const SIZE = { nodes: 3, rendezvous: 1 } as const;
const MINUTES = 300_000;

interface Shown {
  readonly version: number;
  readonly epoch: number;
  readonly holding: number;
  readonly behind: readonly { readonly name: string }[];
  readonly keys: readonly {
    readonly keyid: string;
    readonly name: string | null;
    readonly roles: readonly string[];
    readonly signed: boolean;
  }[];
}

const show = (lab: TestLab): Promise<Shown> => lab.ask<Shown>('cluster', 'show');
const clusterOf = (lab: TestLab): string => join(lab.directory, 'operator');

/** What the home of the lab's operator holds, as a thief has it, who speaks with the same nodes. */
async function stolenHome(lab: TestLab, directory: string): Promise<(...args: readonly string[]) => Promise<Ran>> {
  const home = join(directory, 'thief');
  await stealHome(lab, home);
  return (...args) => gossip([...args, '--json'], { home });
}

describe('gossip cluster show and rotate-key', () => {
  test(
    'the root is shown, a key is exchanged, both sign meanwhile what counts, and a sleeper comes up to it',
    async () => {
      await withDirectory((directory) =>
        withLab(SIZE, async (lab) => {
          const first = await show(lab);
          expect(first).toMatchObject({ version: 1, epoch: 1, holding: 3, behind: [] });
          const old = await writeModule(directory, notebook('1.0.0'));
          await lab.ask('deploy', old, '--wait');
          await lab.stop('node2');
          const rotated = await lab.ask<{ before: string; after: string }>('cluster', 'rotate-key', '--name', 'ada');
          expect(rotated).toMatchObject({ before: first.keys[0]?.keyid, to: 2 });
          await lab.ask('deploy', await writeModule(directory, notebook('2.0.0')), '--wait', '--skip-silent');
          await lab.start('node2');
          await lab.converged();
          const second = await show(lab);
          expect(second).toMatchObject({ version: 2, epoch: 1, holding: 3, behind: [] });
          expect(second.keys).toEqual([{ keyid: rotated.after, name: 'ada', roles: ['root', 'deploy', 'admit'], signed: true }]);
          expect(await readFile(join(clusterOf(lab), 'operator.key.old'), 'utf8')).toContain('PRIVATE KEY');
        }),
      );
    },
    MINUTES,
  );
});

describe('gossip cluster recover', () => {
  test(
    'a thief deploys, scrubs, removes and sleeps with the nodes; then all run what the operator wants, and nothing of the thief is taken',
    async () => {
      await withDirectory((directory) =>
        withLab(SIZE, async (lab) => {
          await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
          await lab.ask('deploy', '--module', 'membership', '--wait');
          const thief = await stolenHome(lab, directory);
          const evil = await writeModule(directory, notebook('6.6.6'));
          expect((await thief('deploy', evil, '--scrub', '--wait')).code).toBe(0);
          expect((await thief('remove', 'membership')).code).toBe(0);
          expect((await thief('deploy', '--module', 'aggregate', '--wait')).code).toBe(0);
          // It sleeps with the thief's deployments on its disk.
          await lab.kill('node2');

          const undecided = await lab.run('cluster', 'recover', '--json');
          expect([undecided.code, undecided.json['error']?.['code']]).toEqual([2, 'GOSSIP_E_RECOVERY']);
          const plan = await lab.ask('cluster', 'recover', '--until', 'd2', '--dry-run');
          expect(plan).toMatchObject({
            dryRun: true,
            epoch: 2,
            undecided: [],
            modules: [
              { module: 'aggregate', from: 'd5', keeps: null, state: 'removed' },
              { module: 'membership', from: 'd4', keeps: 'd2', state: 'kept' },
              { module: 'notebook', from: 'd3', keeps: 'd1', version: '1.0.0', state: 'kept', wasDeployedOver: true },
            ],
          });
          expect(await show(lab)).toMatchObject({ version: 1, epoch: 1 });

          const recovered = await lab.ask('cluster', 'recover', '--until', 'd2', '--scrub', 'notebook');
          expect(recovered).toMatchObject({ version: 2, epoch: 2, resumed: false });
          await lab.start('node2');
          await lab.converged();
          const status = await lab.status();
          const wanted = (module: string) => new Set(whatRuns(status, module).map(({ deployment }) => deployment));
          expect([...wanted('membership'), ...wanted('notebook')]).toEqual(['d7', 'd8']);
          expect(whatRuns(status, 'aggregate').filter(({ state }) => state === 'running')).toEqual([]);
          expect(await show(lab)).toMatchObject({ version: 2, epoch: 2, holding: 3, behind: [] });

          expect((await thief('deploy', evil)).code).not.toBe(0);
          await thief('cluster', 'show');
          const [deployed, rotated, again] = [
            await thief('deploy', evil),
            await thief('cluster', 'rotate-key'),
            await thief('cluster', 'recover', '--until', 'd9'),
          ];
          expect([deployed, rotated, again].map(({ code, json }) => [code, json['error']?.['code']])).toEqual([
            [6, 'GOSSIP_E_SIGNATURE'],
            [2, 'GOSSIP_E_ROOT_CHANGE'],
            [6, 'GOSSIP_E_SIGNATURE'],
          ]);
          // Done twice, nothing is done.
          const twice = await lab.run('cluster', 'recover', '--until', 'd2', '--json');
          expect([twice.code, twice.json['error']?.['code']]).toEqual([1, 'GOSSIP_E_DEPLOYMENT_UNKNOWN']);
          const next = await lab.ask<{ deployment: string }>('deploy', await writeModule(directory, notebook('3.0.0')), '--wait');
          expect(next.deployment).toBe('d9');
        }),
      );
    },
    MINUTES,
  );

  test(
    'what was interrupted between the root and the records is finished by the next try, with the same signatures',
    async () => {
      await withDirectory((directory) =>
        withLab(SIZE, async (lab) => {
          await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
          const begun = await recoverHalf(lab);
          expect(await show(lab)).toMatchObject({ version: 2, epoch: 2 });
          // Nothing of the new epoch names the module yet: it goes on.
          expect(whatRuns(await lab.status(), 'notebook').every(({ state }) => state === undefined || state === 'running')).toBe(true);
          const { hash, resumed, deployments } = await lab.ask<{ hash: string; resumed: boolean; deployments: unknown }>(
            'cluster',
            'recover',
          );
          expect({ hash, resumed, deployments }).toEqual({
            hash: begun,
            resumed: true,
            deployments: [{ module: 'notebook', deployment: 'd2' }],
          });
          await lab.converged();
          expect(new Set(whatRuns(await lab.status(), 'notebook').map(({ deployment }) => deployment))).toEqual(new Set(['d2']));
          // Its key is in its place.
          await lab.ask('deploy', await writeModule(directory, notebook('2.0.0')), '--wait');
        }),
      );
    },
    MINUTES,
  );
});

/** A recovery whose machine ends in the moment in which a node has the root, and not the records. The hash of the root. */
async function recoverHalf(lab: TestLab): Promise<string> {
  const { openSettings } = built('operator/settings/settings.js') as typeof SettingsModule;
  const { openCluster } = built('operator/cluster/clusters.js') as typeof ClustersModule;
  const { OperatorClient } = built('operator/client/client.js') as typeof ClientModule;
  const { planRecovery, recover } = built('operator/cluster/recovery/recover.js') as typeof RecoverModule;
  const cluster = await openCluster(openSettings({ GOSSIP_HOME: lab.home }));
  class Dying extends OperatorClient {
    hash = '';
    override async ask<Value>(...[node, request, parse]: Parameters<ClientModule.OperatorClient['ask']>): Promise<Value> {
      const { root, ...rest } = JSON.parse(Buffer.from(request.body ?? '{}').toString()) as { root?: { hash: string } };
      if (root === undefined) return (await super.ask(node, request, parse)) as Value;
      this.hash = root.hash;
      await super.ask(node, { ...request, body: Buffer.from(JSON.stringify({ ...rest, records: [], root })) }, parse);
      throw new Error('the machine has ended');
    }
  }
  const client = new Dying(cluster);
  const wishes = { keep: new Map(), until: 'd1', remove: new Set<never>(), scrub: new Set<never>() };
  const owner = { passphrase: () => Promise.reject(new Error('no passphrase is needed')) };
  const options = { client, owner, passphrase: undefined, name: undefined, drop: [], wishes, author: 'test', message: '', now: Date.now };
  try {
    const plan = await planRecovery(cluster, options);
    await expect(recover(plan, options)).rejects.toThrow('the machine has ended');
    return client.hash;
  } finally {
    client.close();
  }
}
