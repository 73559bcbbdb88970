/** What `gossip cluster show` tells. */
import { expect, test } from 'vitest';
import type { NodeStatus } from '../../src/api/status.ts';
import { rootView } from '../../src/operator/cluster/root-view.ts';
import type { Refreshed } from '../../src/operator/cluster/root-change.ts';
import { makeNextRoot, nextRoot } from '../../src/trust/next-root.ts';
import { key, peer, root } from '../support/records.ts';

const named = { [key.keyid]: { public: key.public, name: 'ada' } };
const second = nextRoot(root, makeNextRoot(root, { created: 1, keys: named }, [key]));

const holder = (number: number, held: NodeStatus['root']) => ({
  node: peer(number),
  status: { name: peer(number).name, root: held } as NodeStatus,
});

function refreshed(holders: Refreshed['holders']): Refreshed {
  return { cluster: { root: second } as Refreshed['cluster'], holders, silent: [peer(9)] };
}

test('it says which nodes hold the root, are behind, hold another one, know of none, and do not answer', () => {
  const holders = [
    holder(1, { version: 2, hash: second.hash }),
    holder(2, { version: 1, hash: root.hash }),
    holder(3, { version: 2, hash: root.hash }),
    holder(4, undefined),
  ];
  const { holding, behind, apart, unaware, silent } = rootView(refreshed(holders));
  const names = (nodes: readonly { readonly name: string }[]) => nodes.map(({ name }) => name);
  expect([holding, names(behind), names(apart), names(unaware), silent]).toEqual([1, ['node2'], ['node3'], ['node4'], ['node9']]);
});

test('keys have their names, roles and whether they signed; one lost key that would end a role is warned of', () => {
  const { keys, thresholds, warnings, version } = rootView(refreshed([]));
  expect(keys).toEqual([{ keyid: key.keyid, name: 'ada', roles: ['root', 'deploy', 'admit'], signed: true }]);
  expect([version, thresholds]).toEqual([2, { root: 1, deploy: 1, admit: 1 }]);
  expect(warnings.join()).toContain('root, deploy, admit');
});
