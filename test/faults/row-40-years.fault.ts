/** Fault 40: years go by. Keys are exchanged, stolen and lost, rendezvous nodes move, die and are replaced, and a machine is stolen, while modules gossip and are deployed. Nothing is lost. */
import { expect, test } from 'vitest';
import { findingsOf, ROW_MS } from './fault.ts';
import { twoOperators } from './years-files.ts';
import { operatorKeyRotated, deployKeyStolen, manyRoots } from './years-keys.ts';
import { allReplaced, diskDied, machineStolen, rendezvousMoved } from './years-machines.ts';
import { withYears } from './years.ts';

const RENDEZVOUS = ['rendezvous1', 'rendezvous2', 'rendezvous3'];
const VERSIONS = 300;

test('row 40: years of keys, nodes and rendezvous nodes that come and go', { timeout: 2 * ROW_MS }, async ({ task }) => {
  const findings = findingsOf(task);
  await withYears(async (years) => {
    await years.chapter('rotated', [], () => operatorKeyRotated(years));
    await years.chapter('stolen', ['node5', 'node6'], () => deployKeyStolen(years, ['node5', 'node6']));
    await years.chapter('moved', ['rendezvous2'], () => rendezvousMoved(years, 'rendezvous2'));
    await years.chapter('died', ['rendezvous1'], () => diskDied(years, 'rendezvous1'));
    await years.chapter('replaced', [...RENDEZVOUS, 'node3'], () => allReplaced(years, RENDEZVOUS, 'node3'));
    await years.chapter('revoked', ['node7'], () => machineStolen(years, 'node7'));
    let tokenBytes = 0;
    await years.chapter('slept', ['node4'], async () => {
      tokenBytes = await manyRoots(years, { versions: VERSIONS, sleeper: 'node4', newcomer: 'node8' });
    });
    await years.chapter('by-files', ['rendezvous3'], () => twoOperators(years, 'rendezvous3'));
    expect(years.keys.failures).toEqual([]);
    findings.inject(years.took.size);
    for (const [name, ms] of years.took) findings.figure(name, [ms / 1_000], { unit: 's' });
    findings.figure('writes meanwhile', [years.writes], { unit: 'times' });
    findings.figure('a token with all versions', [tokenBytes / 1024], { unit: 'KiB' });
    findings.outcome(`all lived through it; ${years.keys.count} keys and the nodes' states are where they were`);
  });
});
