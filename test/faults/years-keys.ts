/** What happens to keys in years: an operator exchanges his, one is stolen and ended, and the root comes to have hundreds of versions. */
import { join } from 'node:path';
import { expect } from 'vitest';
import type * as ClientModule from '../../src/operator/client/client.ts';
import type * as ClustersModule from '../../src/operator/cluster/clusters.ts';
import type * as EditsModule from '../../src/operator/cluster/operator-edits.ts';
import type * as RootChangeModule from '../../src/operator/cluster/root-change.ts';
import type * as RootEntranceModule from '../../src/operator/cluster/root-entrance.ts';
import type * as RootPlanModule from '../../src/operator/cluster/root-plan.ts';
import type * as RootStepsModule from '../../src/operator/cluster/root-steps.ts';
import type * as SettingsModule from '../../src/operator/settings/settings.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { built } from '../support/built.ts';
import { gossip, gossipHere } from '../support/gossip.ts';
import { notebook } from '../support/modules.ts';
import { stealHome } from '../support/stolen-home.ts';
import type { Years } from './years.ts';

export async function operatorKeyRotated(years: Years): Promise<void> {
  const { lab } = years;
  const { version } = await years.show();
  await lab.ask('cluster', 'rotate-key', '--name', 'ada');
  expect(await years.allHold()).toMatchObject({ version: version + 1, keys: [{ name: 'ada' }] });
  // What the old one signs is not taken any more.
  const env = { GOSSIP_KEY_FILE: join(lab.directory, 'operator', 'operator.key.old') };
  const late = await gossip(['deploy', await years.nextNotebook(), '--no-check', '--json'], { home: lab.home, env });
  expect(late).toMatchObject({ code: 6, json: { error: { code: 'GOSSIP_E_SIGNATURE' } } });
}

/** One node sleeps through all of it, and another one with what the thief deployed on its disk. */
export async function deployKeyStolen(years: Years, [asleep, infected]: readonly [string, string]): Promise<void> {
  const { lab, machines } = years;
  const last = await years.update();
  await machines.sleep(asleep);
  const home = join(years.directory, 'thief');
  await stealHome(lab, home);
  const thief = (...args: readonly string[]) => gossipHere<{ deployment?: string; error?: { code: string } }>([...args, '--json'], home);
  const steals = async (...args: readonly string[]): Promise<string> => {
    const { code, json } = await thief(...args);
    expect({ args, code }).toEqual({ args, code: 0 });
    return json.deployment ?? '';
  };
  const evil = await years.write(notebook('6.6.6'));
  await years.allRun('notebook', await steals('deploy', evil, '--no-check'));
  await years.allRun('registry', await steals('deploy', '--module', 'registry', '--settings', '{}'));
  await years.allRun('aggregate', await steals('deploy', '--module', 'aggregate'));
  await steals('remove', 'membership');
  await years.allRun('membership', null);
  await machines.sleep(infected, 'SIGKILL');

  const { version, epoch } = await years.show();
  const recovered = await lab.ask<{ deployments: readonly { module: string; deployment: string }[] }>(
    'cluster',
    'recover',
    '--until',
    last,
  );
  await machines.wake(asleep);
  await machines.wake(infected);
  expect(await years.allHold()).toMatchObject({ version: version + 1, epoch: epoch + 1 });
  expect(recovered.deployments.map(({ module }) => module).toSorted()).toEqual(['aggregate', 'membership', 'notebook', 'registry']);
  // What the thief brought is removed.
  for (const { module, deployment } of recovered.deployments) await years.allRun(module, module === 'aggregate' ? null : deployment);
  await thief('cluster', 'show');
  expect(await thief('deploy', evil, '--no-check')).toMatchObject({ code: 6, json: { error: { code: 'GOSSIP_E_SIGNATURE' } } });
}

/** A build server exchanges its key so often, while one node sleeps; then a machine joins for which all of that is long past. */
export async function manyRoots(years: Years, { versions, sleeper, newcomer }: ManyRoots): Promise<number> {
  const { machines } = years;
  await machines.sleep(sleeper);
  const { version } = await years.show();
  await exchangeOften(years, versions);
  await years.allHold();
  await years.update();
  await machines.wake(sleeper);
  expect(await years.allHold()).toMatchObject({ version: version + versions });
  return machines.join(await machines.make(newcomer));
}

export interface ManyRoots {
  readonly versions: number;
  readonly sleeper: string;
  readonly newcomer: string;
}

/** As `cluster add-operator`, `rotate-key --key` and, in the end, `remove-operator` do, without reading everything again for each. */
async function exchangeOften({ lab }: Years, versions: number): Promise<void> {
  const { openSettings } = built('operator/settings/settings.js') as typeof SettingsModule;
  const { openCluster, openOperatorKey } = built('operator/cluster/clusters.js') as typeof ClustersModule;
  const { OperatorClient } = built('operator/client/client.js') as typeof ClientModule;
  const { addOperator, exchangeKey, removeOperator } = built('operator/cluster/operator-edits.js') as typeof EditsModule;
  const { injectRoot, refreshRoot } = built('operator/cluster/root-change.js') as typeof RootChangeModule;
  const { entranceOf } = built('operator/cluster/root-entrance.js') as typeof RootEntranceModule;
  const { finishRoot, proposeRoot } = built('operator/cluster/root-plan.js') as typeof RootPlanModule;
  const { keepSteps } = built('operator/cluster/root-steps.js') as typeof RootStepsModule;
  const given = await openCluster(openSettings({ GOSSIP_HOME: lab.home }));
  const client = new OperatorClient(given);
  try {
    const refreshed = await refreshRoot(given, client);
    const { cluster } = refreshed;
    const own = await openOperatorKey(cluster, { passphrase: () => Promise.reject(new Error('no passphrase is needed')) });
    const { node, status } = entranceOf(refreshed);
    for (let made = 0; made < versions; made += 1) {
      const next = generateKey();
      const edit =
        made === 0
          ? addOperator('ci', next, ['deploy'])
          : made === versions - 1
            ? removeOperator('ci')
            : exchangeKey('ci', next, undefined, undefined);
      const root = finishRoot(proposeRoot(cluster.root, { ...edit(cluster.root.root), created: Date.now() }, [own]));
      const held = { version: cluster.root.root.version, hash: cluster.root.hash };
      await injectRoot(client, { node, status: { ...status, root: held } }, root);
      cluster.root = root;
    }
    await keepSteps(cluster.directory, cluster.root);
  } finally {
    client.close();
  }
}
