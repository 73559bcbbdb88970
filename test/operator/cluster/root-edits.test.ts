/** Changes of the root: what is allowed, what is refused before anybody signs, and how each is told in words. */
import { describe, expect, it } from 'vitest';
import { addOperator, exchangeKey, removeOperator, setThreshold } from '../../../src/operator/cluster/operator-edits.ts';
import type { RootEdit } from '../../../src/operator/cluster/operator-edits.ts';
import { addRendezvous, moveRendezvous, removeRendezvous } from '../../../src/operator/cluster/rendezvous-edits.ts';
import { rootBeginning, rootDifference } from '../../../src/operator/cluster/root-difference.ts';
import { finishRoot, missingOf, proposalView, proposeRoot } from '../../../src/operator/cluster/root-plan.ts';
import type { Address } from '../../../src/model/names.ts';
import { generateKey } from '../../../src/trust/keys.ts';
import { makeRoot, MAX_RENDEZVOUS, trustRoot } from '../../../src/trust/root.ts';
import type { Root } from '../../../src/trust/root.ts';
import { peer } from '../../support/records.ts';

const [ada, bob, eve, lone] = [generateKey(), generateKey(), generateKey(), generateKey()];
const first = trustRoot(
  makeRoot({
    name: 'paper',
    created: 0,
    rootKeys: [ada],
    deployKeys: [ada, lone],
    admitKeys: [ada],
    rendezvous: [peer(1, 'r1'), peer(2, 'r2')],
  }),
);
const after = (edits: readonly RootEdit[], signers = [ada, bob]) => {
  let held = first;
  for (const edit of edits) held = finishRoot(proposeRoot(held, { ...edit(held.root), created: 1 }, signers));
  return held;
};
const withBob = after([addOperator('bob', bob, ['root', 'deploy', 'admit'])]);
const short = (id: string) => id.slice(0, 12);
const at = (text: string) => text as Address;

describe('a change', () => {
  it.each<[string, typeof first, RootEdit, readonly string[]]>([
    [
      'lets a further operator deploy',
      first,
      addOperator('bob', bob, ['deploy']),
      [`key bob (${short(bob.keyid)}) may sign for deploy`, 'signatures for deploy: 1 of 2 -> 1 of 3'],
    ],
    [
      'gives one who is there a further role, and a name',
      first,
      addOperator('lone', lone, ['deploy', 'admit']),
      [
        `key lone (${short(lone.keyid)}) may sign for admit`,
        `key ${short(lone.keyid)} is called lone, and was called nothing`,
        'signatures for admit: 1 of 1 -> 1 of 2',
      ],
    ],
    [
      'takes an operator out of every role',
      withBob,
      removeOperator('bob'),
      [
        `key bob (${short(bob.keyid)}) may sign for root, deploy, admit no more`,
        'signatures for root: 1 of 2 -> 1 of 1',
        'signatures for deploy: 1 of 3 -> 1 of 2',
        'signatures for admit: 1 of 2 -> 1 of 1',
      ],
    ],
    [
      'takes one out by digits of its id',
      first,
      removeOperator(lone.keyid.slice(0, 8)),
      [`key ${short(lone.keyid)} may sign for deploy no more`, 'signatures for deploy: 1 of 2 -> 1 of 1'],
    ],
    ['raises a threshold', withBob, setThreshold('root', 2), ['signatures for root: 1 of 2 -> 2 of 2']],
    [
      'exchanges a key in every role, under its name',
      withBob,
      exchangeKey('bob', eve, undefined, undefined),
      [
        `key bob (${short(bob.keyid)}) may sign for root, deploy, admit no more`,
        `key bob (${short(eve.keyid)}) may sign for root, deploy, admit`,
      ],
    ],
    [
      'exchanges a key in one role, without its name',
      withBob,
      exchangeKey('bob', eve, ['root'], undefined),
      [`key bob (${short(bob.keyid)}) may sign for root no more`, `key ${short(eve.keyid)} may sign for root`],
    ],
    ['adds a rendezvous node', first, addRendezvous(peer(3, 'r3')), [`new rendezvous node r3 at 10.0.0.3:7946 (${short(peer(3).id)})`]],
    ['removes one', first, removeRendezvous('r2'), [`no rendezvous node any more: r2 at 10.0.0.2:7946 (${short(peer(2).id)})`]],
    [
      'removes one by digits of its id',
      first,
      removeRendezvous(peer(2).id.slice(0, 8)),
      [`no rendezvous node any more: r2 at 10.0.0.2:7946 (${short(peer(2).id)})`],
    ],
    [
      'moves one',
      first,
      moveRendezvous('r1', { address: at('10.9.0.1:7946') }),
      [`rendezvous node r1: r1 at 10.0.0.1:7946 (${short(peer(1).id)}) -> r1 at 10.9.0.1:7946 (${short(peer(1).id)})`],
    ],
    [
      'puts another machine in the place of one',
      first,
      moveRendezvous('r1', { address: at('10.0.0.1:7946'), id: peer(9).id }),
      [`rendezvous node r1 is another machine: r1 at 10.0.0.1:7946 (${short(peer(1).id)}) -> r1 at 10.0.0.1:7946 (${short(peer(9).id)})`],
    ],
  ])('%s', (_, before, edit, told) => {
    const proposal = proposeRoot(before, { ...edit(before.root), created: 1 }, [ada, bob, eve]);
    expect(proposalView(proposal).changes).toEqual(told);
    expect(finishRoot(proposal).root.version).toBe(before.root.version + 1);
  });

  it.each<[string, typeof first, () => RootEdit, string]>([
    ['a key that has all of it already', withBob, () => addOperator('bob', bob, ['deploy', 'root']), 'nothing to add'],
    ['a name that another key has', withBob, () => addOperator('bob', eve, ['deploy']), 'another key is called'],
    ['a name that could be an id', first, () => addOperator('deadbeef', bob, ['deploy']), 'is not a name'],
    ['a name that steers a terminal', first, () => addOperator('bob\u001b[2J', bob, ['deploy']), 'is not a name'],
    ['an operator whom the root does not name', first, () => removeOperator('carol'), 'names no key'],
    ['the removal of the last signer', first, () => removeOperator(ada.keyid), 'last key for root'],
    [
      'a removal that leaves fewer than must sign',
      after([addOperator('bob', bob, ['root', 'deploy']), setThreshold('root', 2)]),
      () => removeOperator('bob'),
      '1 of the 2 keys that must sign for root',
    ],
    ['a threshold above the keys', withBob, () => setThreshold('root', 3), '3 keys cannot sign for root, which has 2'],
    ['a threshold that is so already', withBob, () => setThreshold('root', 1), 'nothing to change'],
    ['the exchange of a key for itself', withBob, () => exchangeKey('bob', bob, undefined, undefined), 'the new key is the old one'],
    ['the exchange for a key that signs already', withBob, () => exchangeKey('bob', ada, undefined, undefined), 'counts once'],
    ['the exchange in a role that the key has not', first, () => exchangeKey(lone.keyid, eve, ['root'], undefined), 'has no part in root'],
    ['a rendezvous node of a taken name', first, () => addRendezvous(peer(3, 'r1')), 'has the name r1 already'],
    ['one of a taken id', first, () => addRendezvous({ ...peer(1, 'r3'), address: at('10.0.0.3:1') }), 'has the id'],
    ['one of a taken address', first, () => addRendezvous({ ...peer(3, 'r3'), address: peer(1).address }), 'has the address'],
    ['more of them than a root holds', after([full()]), () => addRendezvous(peer(200, 'more')), `${MAX_RENDEZVOUS} rendezvous nodes`],
    ['the removal of the last one', after([removeRendezvous('r1')]), () => removeRendezvous('r2'), 'last rendezvous node'],
    ['a move to where it is', first, () => moveRendezvous('r1', { address: peer(1).address }), 'already'],
    ['a move to where another is', first, () => moveRendezvous('r1', { address: peer(2).address }), 'has the address'],
    ['a move of nobody', first, () => moveRendezvous('r9', { address: peer(9).address }), "no rendezvous node 'r9'"],
  ])('refuses %s', (_, before, edit, why) => {
    expect(() => edit()(before.root)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/ROOT_CHANGE|USAGE/), message: expect.stringContaining(why) }),
    );
  });
});

describe('who must sign', () => {
  it('is the threshold of both versions, and one key counts for both', () => {
    const two = after([addOperator('bob', bob, ['root']), setThreshold('root', 2)]);
    const edit = setThreshold('root', 1);
    const propose = (...signers: (typeof ada)[]) => proposeRoot(two, { ...edit(two.root), created: 1 }, signers);
    expect([propose(), propose(ada), propose(ada, bob), propose(eve)].map(missingOf)).toEqual([2, 1, 0, 2]);
    expect(proposalView(propose(ada)).maySign).toEqual([bob.keyid]);
    expect(() => finishRoot(propose(ada))).toThrow(expect.objectContaining({ code: 'GOSSIP_E_THRESHOLD' }));
  });

  it('of the only key’s exchange, is the old one and the new one', () => {
    const edit = exchangeKey(ada.keyid, eve, undefined, undefined);
    const propose = (...signers: (typeof ada)[]) => proposeRoot(first, { ...edit(first.root), created: 1 }, signers);
    expect([propose(), propose(ada), propose(eve), propose(ada, eve)].map(missingOf)).toEqual([2, 1, 1, 0]);
  });

  it('a change after which one lost key ends a role is warned of, once', () => {
    const warnings = (before: typeof first, edit: RootEdit) =>
      proposalView(proposeRoot(before, { ...edit(before.root), created: 1 }, [])).warnings;
    expect(warnings(withBob, setThreshold('root', 2))).toEqual([expect.stringContaining('One lost key ends root')]);
    expect(warnings(first, addRendezvous(peer(3, 'r3')))).toEqual([]);
  });
});

describe('words for what differs', () => {
  it('tell the whole of a first version, and that nothing differs', () => {
    expect(rootBeginning(first.root)).toEqual(
      expect.arrayContaining([`key ${short(ada.keyid)} may sign for root, deploy, admit`, 'signatures for deploy: 1 of 2']),
    );
    expect(rootDifference(first.root, { ...first.root, version: 2 })).toEqual(['nothing but the version']);
  });

  it('leave out no field: each one that is changed is told', () => {
    const changed: Record<keyof Omit<Root, 'type' | 'version' | 'created'>, Partial<Root>> = {
      epoch: { epoch: 2 },
      name: { name: 'other' },
      keys: { keys: { ...first.root.keys, [eve.keyid]: { public: eve.public, name: 'eve' } } },
      roles: { roles: { ...first.root.roles, deploy: { ...first.root.roles.deploy, threshold: 2 } } },
      rendezvous: { rendezvous: [] },
    };
    for (const [field, change] of Object.entries(changed)) {
      expect([field, rootDifference(first.root, { ...first.root, ...change })]).not.toEqual([field, ['nothing but the version']]);
    }
  });

  it('name every machine, also where several go by one name', () => {
    const twins = { ...first.root, rendezvous: [peer(1, 'r'), peer(2, 'r'), peer(3, 'r')] };
    const told = rootDifference(twins, { ...twins, rendezvous: [peer(4, 'r')] }).join('\n');
    for (const number of [1, 2, 3, 4]) expect(told).toContain(short(peer(number).id));
  });
});

function full(): RootEdit {
  return () => ({ rendezvous: Array.from({ length: MAX_RENDEZVOUS }, (_, index) => peer(index + 1, `r${index + 1}`)) });
}
