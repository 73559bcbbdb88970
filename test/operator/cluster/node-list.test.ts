/** What `gossip nodes` tells. */
import { expect, it } from 'vitest';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import { callTo } from '../../../src/api/routes.ts';
import type { Known } from '../../../src/operator/cluster/decisions.ts';
import { nodeList, tokensShown } from '../../../src/operator/cluster/node-list.ts';
import { makeAdmission, makeDelegation } from '../../../src/trust/admission.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import type { VerifiedNote } from '../../../src/trust/node-note.ts';
import { note } from '../../support/notes.ts';
import { key, peer, root } from '../../support/records.ts';
import { nodeStatus } from '../paper-node.ts';

function known(notes: readonly VerifiedNote[], told: readonly number[] = []): Known {
  const book = new NoteBook();
  book.merge(notes);
  const peers = told.map((number) => ({ ...peer(number), failures: 9, proven: true }));
  const status = nodeStatus(peer(1), [], { peers, notes: { count: book.size, digest: book.digest } });
  const silent = [2, 3, 4, 5].map((number) => ({ ...peer(number), left: number === 3 }));
  return { cluster: { root, admission: null } as Known['cluster'], holders: [{ node: peer(1), status }], silent, book };
}

const states = ({ nodes }: ReturnType<typeof nodeList>) => Object.fromEntries(nodes.map(({ name, state }) => [name, state]));

it('says who answers, is silent, has left, was forgotten or revoked; what operators decided comes first', () => {
  const notes = [
    note('forget', peer(4).id),
    note('revoke', peer(5).id, { count: 2 }),
    note('admit', peer(6).id, { count: 3, name: 'node6' }),
  ];
  expect(states(nodeList(known(notes)))).toEqual({
    node1: 'answers',
    node2: 'silent',
    node3: 'left',
    node4: 'forgotten',
    node5: 'revoked',
    node6: 'unseen',
  });
  // Whoever knows that it was forgotten tells of it only once it has called again.
  expect(states(nodeList(known(notes, [4]))).node4).toBe('silent');
});

it('names the token that a node came with, where the node shows it', async () => {
  const secret = generateKey();
  const delegation = makeDelegation({ cluster: root.cluster, public: secret.public, expires: 1 }, [key]);
  const shows = (number: number) => makeAdmission({ cluster: root.cluster, node: peer(number).id }, delegation, secret);
  const tokens = async (admission: unknown): Promise<readonly (string | null)[]> => {
    const all = known([]);
    const body = Buffer.from(JSON.stringify({ admission, name: 'node1', address: null }));
    const ask: Parameters<typeof tokensShown>[1]['ask'] = async (_, { path }, parse) => {
      expect(path).toBe(callTo('hello').path);
      return parse(body);
    };
    const shown = await tokensShown(all, { ask });
    return nodeList(all, shown).nodes.map(({ token }) => token);
  };
  expect((await tokens(shows(1)))[0]).toBe(secret.keyid);
  // That of another node, or what no operator delegated, says nothing.
  expect((await tokens(shows(2)))[0]).toBe(null);
  expect((await tokens({}))[0]).toBe(null);
  const gone = await tokensShown(known([]), { ask: () => Promise.reject(new Error('gone')) });
  expect(gone.size).toBe(0);
});
