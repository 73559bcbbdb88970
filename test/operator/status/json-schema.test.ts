/** The JSON of the status is as its published schema says, and the schema is strict enough to notice what is lost. */
import { expect, test } from 'vitest';
import { problemsOf } from '../../../src/operator/status/problems.ts';
import type { ClusterStatus } from '../../../src/operator/status/status.ts';
import { faultsOf } from '../../support/json-schema.ts';
import { largeCluster } from '../../support/large-cluster.ts';
import { peer } from '../../support/records.ts';

const json = (status: ClusterStatus) => ({ ...status, problems: problemsOf(status) });

test('a status is as its schema says: with nodes that are well, held, silent, gone, and with a sample', () => {
  expect(faultsOf(json(largeCluster(12)), 'status')).toEqual([]);
  expect(faultsOf(json(largeCluster(20, { known: 4_000, drawn: new Set([peer(1).id]) })), 'status')).toEqual([]);
});

test('a field that is lost or of another kind is noticed', () => {
  const { converged: _, ...without } = json(largeCluster(12));
  expect(faultsOf(without, 'status').join()).toContain('converged');
  expect(faultsOf({ ...json(largeCluster(12)), answered: '12' }, 'status').join()).toContain('answered');
});
