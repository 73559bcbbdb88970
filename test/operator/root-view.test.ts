/** What `gossip cluster show` tells. */
import { expect, test } from 'vitest';
import { NoteBook } from '../../src/gossip/note-book.ts';
import type { NodeStatus } from '../../src/api/status.ts';
import { rootView } from '../../src/operator/cluster/root-view.ts';
import type { Known } from '../../src/operator/cluster/decisions.ts';
import type { VerifiedNote } from '../../src/trust/node-note.ts';
import { note } from '../support/notes.ts';
import { makeNextRoot, nextRoot } from '../../src/trust/next-root.ts';
import { key, peer, root } from '../support/records.ts';

const named = { [key.keyid]: { public: key.public, name: 'ada' } };
const second = nextRoot(root, makeNextRoot(root, { created: 1, keys: named }, [key]));

const holder = (number: number, held: NodeStatus['root']) => ({
  node: peer(number),
  status: { name: peer(number).name, root: held } as NodeStatus,
});

function known(holders: Known['holders'], ...notes: readonly VerifiedNote[]): Known {
  const book = new NoteBook();
  book.merge(notes);
  const silent = [
    { ...peer(9), left: false },
    { ...peer(8), left: true },
  ];
  return { cluster: { root: second } as Known['cluster'], holders, silent, book };
}

test('it says which nodes hold the root, are behind, hold another one, know of none, and do not answer', () => {
  const holders = [
    holder(1, { version: 2, hash: second.hash }),
    holder(2, { version: 1, hash: root.hash }),
    holder(3, { version: 2, hash: root.hash }),
    holder(4, undefined),
  ];
  const { holding, behind, apart, unaware, silent } = rootView(known(holders));
  const names = (nodes: readonly { readonly name: string }[]) => nodes.map(({ name }) => name);
  expect([holding, names(behind), names(apart), names(unaware), silent]).toEqual([1, ['node2'], ['node3'], ['node4'], ['node9']]);
});

test('who was revoked or has left neither holds it nor is behind, and is not missed', () => {
  const outside = { code: 'GOSSIP_E_REVOKED', message: 'an operator has revoked this identity' } as const;
  const byItsWord = holder(3, { version: 2, hash: second.hash });
  const holders = [
    holder(1, { version: 2, hash: second.hash }),
    holder(2, { version: 1, hash: root.hash }),
    { ...byItsWord, status: { ...byItsWord.status, outside } },
    holder(4, undefined),
  ];
  const { holding, behind, unaware, silent, revoked, left } = rootView(
    known(holders, note('revoke', peer(2).id), note('revoke', peer(4).id)),
  );
  expect({ holding, behind, unaware, silent, revoked, left }).toEqual({
    holding: 1,
    behind: [],
    unaware: [],
    silent: ['node9'],
    revoked: ['node2', 'node3', 'node4'],
    left: ['node8'],
  });
});

test('keys have their names, roles and whether they signed; one lost key that would end a role is warned of', () => {
  const { keys, thresholds, warnings, version } = rootView(known([]));
  expect(keys).toEqual([{ keyid: key.keyid, name: 'ada', roles: ['root', 'deploy', 'admit'], signed: true }]);
  expect([version, thresholds]).toEqual([2, { root: 1, deploy: 1, admit: 1 }]);
  expect(warnings.join()).toContain('root, deploy, admit');
});
