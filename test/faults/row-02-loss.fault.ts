/** Fault 2: 30 % of all packets are lost, between nodes and on the way from the operator. Deployments reach everybody all the same. */
import { expect, test } from 'vitest';
import { withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import { findingsOf, ROW_MS } from './fault.ts';
import { insist } from './insist.ts';
import { spreadOf } from './journals.ts';
import { hasNamespaces, withNamespace } from './namespace.ts';

const NODES = 10;
const INTERVAL_MS = 1_000;
const DEPLOYMENTS = 5;
/** 2⌈log2 n⌉ + 5 rounds. */
const GOAL_ROUNDS = 2 * Math.ceil(Math.log2(NODES)) + 5;

test.skipIf(!hasNamespaces())('row 2: 30 % loss', { timeout: ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withDirectory((directory) =>
    withNamespace((namespace) =>
      withLab({ nodes: NODES, rendezvous: 2, intervalMs: INTERVAL_MS, through: namespace.through }, async (lab) => {
        const directories = lab.nodes.map((node) => node.directory);
        const deploy = async (version: string): Promise<string> => {
          const path = await writeModule(directory, notebook(version));
          return (await insist<{ deployment: string }>(lab, 'deploy', path, '--no-check', '--to', 'rendezvous1', '-m', version)).deployment;
        };
        await spreadOf(directories, 'notebook', await deploy('1.0.0'));
        namespace.filter('meta l4proto tcp numgen random mod 100 < 30 drop');
        const spreads = [];
        for (let count = 1; count <= DEPLOYMENTS; count += 1) {
          findings.inject();
          spreads.push(await spreadOf(directories, 'notebook', await deploy(`1.0.${count}`)));
        }
        namespace.filter();
        expect((await lab.converged()).nodes).toHaveLength(NODES);
        findings.outcome('every deployment reached every node while three packets of ten were lost');
        findings.figure(
          'known by all',
          spreads.map(({ knownMs }) => knownMs / INTERVAL_MS),
          { unit: 'rounds', goal: GOAL_ROUNDS },
        );
        findings.figure(
          'running on all',
          spreads.map(({ runningMs }) => runningMs / INTERVAL_MS),
          { unit: 'rounds' },
        );
      }),
    ),
  );
});
