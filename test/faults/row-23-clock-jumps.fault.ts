/** Fault 23: the clock of a running node jumps, there and back (law 7). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasDebian, withClock } from '../support/debian.ts';
import { withCluster } from './cluster.ts';
import { findingsOf, ROW_MS } from './fault.ts';

const JUMPS = ['+1h', '-3650d', '+365d', '-1h', '+0d'];

describe.skipIf(!hasDebian('faketime'))('with faketime', () => {
  test('row 23: clock of a running node jumps', { timeout: ROW_MS }, async ({ task }) => {
    const findings = findingsOf(task);
    await withCluster({ nodes: 3, rendezvous: 1 }, async (cluster) => {
      const { lab } = cluster;
      await cluster.update();
      const before = await cluster.born();
      const file = join(cluster.directory, 'clock');
      const { LD_PRELOAD = '' } = withClock('+0d');
      await writeFile(file, '+0d');
      await lab.stop('node1');
      // A wall clock that is set leaves the forward clock alone, on real machines too.
      const forward = { FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' };
      await lab.startWith('node1', { env: { LD_PRELOAD, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', ...forward } });
      for (const offset of JUMPS) {
        await writeFile(file, offset);
        findings.inject();
        await cluster.update('node1');
        expect(await cluster.born()).toEqual(before);
      }
      expect((await cluster.watcher.status('node1')).incarnation).toBe(2);
      findings.outcome('each deployment after a jump ran everywhere, with the state');
    });
  });
});
