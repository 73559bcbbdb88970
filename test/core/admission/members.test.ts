/** Who may talk to a node. */
import { expect, test } from 'vitest';
import { Members } from '../../../src/core/admission/members.ts';
import type { MembersOptions } from '../../../src/core/admission/members.ts';
import { NoteBook } from '../../../src/gossip/note-book.ts';
import type { NodeId } from '../../../src/model/names.ts';
import { makeAdmission, makeDelegation } from '../../../src/trust/admission.ts';
import { decodePublic, generateKey, keyidOf } from '../../../src/trust/keys.ts';
import { makeNextRoot, nextRoot } from '../../../src/trust/next-root.ts';
import { note } from '../../support/notes.ts';
import { mutant } from '../../trust/mutant.ts';
import { admitKey, otherRoot, rendezvous, root, rootKey } from '../../trust/fixture.ts';

const NOW = 1_700_000_000_000;
const secret = generateKey();
const token = keyidOf(decodePublic(secret.public));
const id = (digit: string): NodeId => digit.repeat(64) as NodeId;

function admission(node: NodeId, expires: number | null = null, cluster = root.cluster): unknown {
  const delegation = makeDelegation({ cluster, public: secret.public, expires }, [admitKey]);
  return makeAdmission({ cluster, node }, delegation, secret);
}

function makeMembers(options: Partial<MembersOptions> = {}, MembersClass = Members): { members: Members; saved: (readonly unknown[])[] } {
  const saved: (readonly unknown[])[] = [];
  const save = async (roll: readonly unknown[]): Promise<void> => void saved.push(roll);
  return {
    members: new MembersClass({ trust: { root }, self: id('0'), known: [], now: () => NOW, vouched: async () => false, save, ...options }),
    saved,
  };
}

test('the node itself, the rendezvous nodes and those admitted before are members', () => {
  const { members } = makeMembers({ known: [id('a'), 'not an id'] });
  expect([id('0'), rendezvous.id, id('a'), id('b')].map((one) => members.has(one))).toEqual([true, true, true, false]);
  expect(() => members.require(id('b'))).toThrow(expect.objectContaining({ code: 'GOSSIP_E_NOT_ADMITTED' }));
});

test('whoever shows an admission of its own is admitted and saved', async () => {
  const { members, saved } = makeMembers();
  await members.admit(id('a'), admission(id('a')));
  await members.saved();
  expect(members.has(id('a'))).toBe(true);
  expect(saved).toEqual([[id('a'), { tokens: [token], of: [0], proven: [] }]]);
});

test.each([
  ['another node', () => admission(id('b'))],
  ['another cluster', () => admission(id('a'), null, otherRoot.cluster)],
  ['nobody', () => null],
  ['nobody at all', () => ({ admission: {}, delegation: {} })],
])('an admission of %s admits nobody', async (_, shown) => {
  const { members, saved } = makeMembers();
  await expect(members.admit(id('a'), shown())).rejects.toMatchObject({ code: 'GOSSIP_E_NOT_ADMITTED' });
  expect([members.has(id('a')), saved]).toEqual([false, []]);
});

test('a rendezvous node that is none any more stays a member, though its token has ended and nobody had to write it down', async () => {
  const without = nextRoot(root, makeNextRoot(root, { created: 1, rendezvous: [] }, [rootKey]));
  const { members } = makeMembers({ trust: { root: without } });
  expect(members.has(rendezvous.id)).toBe(false);
  await expect(members.admit(rendezvous.id, null)).rejects.toMatchObject({ code: 'GOSSIP_E_NOT_ADMITTED' });
  await members.admit(rendezvous.id, admission(rendezvous.id, NOW));
  expect(members.has(rendezvous.id)).toBe(true);
});

test('an expired token admits only those whom members vouch for', async () => {
  const { members } = makeMembers({ vouched: async (one) => one === id('a') });
  await members.admit(id('a'), admission(id('a'), NOW));
  await expect(members.admit(id('b'), admission(id('b'), NOW))).rejects.toMatchObject({ code: 'GOSSIP_E_TOKEN_EXPIRED' });
  await members.admit(id('c'), admission(id('c'), NOW + 1));
  expect(['a', 'b', 'c'].map((digit) => members.has(id(digit)))).toEqual([true, false, true]);
});

/** A newcomer and one who joined before with a token that is revoked: whether each is let in, or why not. */
async function comeRevoked(MembersClass: typeof Members): Promise<unknown[]> {
  const notes = new NoteBook();
  const vouched = async (one: NodeId): Promise<boolean> => one === id('b');
  const { members } = makeMembers({ notes, vouched }, MembersClass);
  await members.admit(id('a'), admission(id('a')));
  notes.merge([note('revoke-token', token)]);
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((digit) => members.admit(id(digit), admission(id(digit)))));
  return outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'in'));
}

test('a revoked token admits nobody new, and expels nobody who joined with it, here or elsewhere', async () => {
  expect(await comeRevoked(Members)).toEqual(['in', 'in', 'GOSSIP_E_TOKEN_REVOKED']);
});

test('where nobody looks for notes, whoever holds the token lets nodes in until it expires', async () => {
  const { Members: Blind } = await mutant<{ Members: typeof Members }>('core/admission/members.ts', {
    in: 'Members.#endOf',
    never: 'isTokenRevoked()',
  });
  expect(await comeRevoked(Blind)).toEqual(['in', 'in', 'in']);
});

test('whoever a note admits by its id comes in with a revoked token too', async () => {
  const notes = new NoteBook();
  notes.merge([note('revoke-token', token), note('admit', id('a'))]);
  const { members } = makeMembers({ notes });
  await members.admit(id('a'), admission(id('a')));
  expect(members.has(id('a'))).toBe(true);
  await expect(members.admit(id('b'), admission(id('b')))).rejects.toMatchObject({ code: 'GOSSIP_E_TOKEN_REVOKED' });
});

test('another token that was not revoked admits', async () => {
  const notes = new NoteBook();
  notes.merge([note('revoke-token', keyidOf(decodePublic(generateKey().public)))]);
  const { members } = makeMembers({ notes });
  await members.admit(id('a'), admission(id('a')));
  expect(members.has(id('a'))).toBe(true);
});

/** 40 ids with an expired token, each of which says hello three times. */
async function comeExpired(MembersClass: typeof Members): Promise<{ asked: number; codes: Record<string, number> }> {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const vouched = (): Promise<boolean> => ((asked += 1), promise);
  const { members } = makeMembers({ vouched }, MembersClass);
  const ids = Array.from({ length: 40 }, (_, index) => String(100 + index).padEnd(64, 'a') as NodeId);
  const outcomes = ids.flatMap((one) => Array.from({ length: 3 }, () => members.admit(one, admission(one, NOW))));
  const settled = Promise.allSettled(outcomes);
  resolve(false);
  const codes: Record<string, number> = {};
  for (const outcome of await settled) {
    const { code } = (outcome as PromiseRejectedResult).reason as { code: string };
    codes[code] = (codes[code] ?? 0) + 1;
  }
  return { asked, codes };
}

test('peers are asked about few expired tokens at once, and about each only once', async () => {
  expect(await comeExpired(Members)).toEqual({ asked: 16, codes: { GOSSIP_E_TOKEN_EXPIRED: 48, GOSSIP_E_BUSY: 72 } });
});

test('without that bound, every hello with an expired token sets off calls to others', async () => {
  const mutation = { in: 'Members.admit', of: '#ask()', is: 'this.#options.vouched(id)' };
  const { Members: Unbounded } = await mutant<{ Members: typeof Members }>('core/admission/members.ts', mutation);
  expect(await comeExpired(Unbounded)).toEqual({ asked: 120, codes: { GOSSIP_E_TOKEN_EXPIRED: 120 } });
});

test('many who come at once cost few writes, one at a time, and the last write has them all', async () => {
  const writes: number[] = [];
  let underWay = 0;
  const { members } = makeMembers({
    save: async (roll) => {
      underWay += 1;
      expect(underWay).toBe(1);
      await new Promise(setImmediate);
      writes.push(roll.length - 1);
      underWay -= 1;
    },
  });
  const all = Array.from({ length: 50 }, (_, index) => index.toString(16).padStart(64, '0') as NodeId).slice(1);
  await Promise.all(all.map((one) => members.admit(one, admission(one))));
  await members.saved();
  expect(writes.at(-1)).toBe(all.length);
  expect(writes.length).toBeLessThan(5);
});

/** One token: three join with it, one of them answers where it listens, then 20 newcomers come, then the token ends and the node restarts. */
async function flood(MembersClass: typeof Members): Promise<boolean[]> {
  const limits = { members: 10, perToken: 8, guests: 4 };
  const { members, saved } = makeMembers({ limits }, MembersClass);
  const honest = [id('a'), id('b'), id('c')];
  for (const one of honest) await members.admit(one, admission(one, NOW + 1));
  members.proved(id('b'));
  const fresh = Array.from({ length: 20 }, (_, index) => (100 + index).toString().padEnd(64, 'e') as NodeId);
  for (const one of fresh) {
    await members.admit(one, admission(one, NOW + 1));
    expect(members.has(one)).toBe(true);
  }
  await members.saved();
  const { members: later } = makeMembers({ limits, known: saved.at(-1), now: () => NOW + 2 }, MembersClass);
  const outcomes = honest.map((one) => later.admit(one, admission(one, NOW + 1)));
  return (await Promise.allSettled(outcomes)).map(({ status }) => status === 'fulfilled');
}

test('attack B19: the thousand identities of one token push nobody out, and its end expels nobody', async () => {
  expect(await flood(Members)).toEqual([true, true, true]);
});

test('where newcomers take the places of the oldest, attack B19 has all of them refused when the token ends', async () => {
  const displaced = {
    in: 'MemberList.admit',
    of: '#invite()',
    is: '(this.#leave(this.#members.keys().next().value), this.#enter(id, token))',
  };
  const saved = { in: 'Members.admit', of: ['#list', 'admit()'], is: '($, true)' };
  const { Members: Forgetful } = await mutant<{ Members: typeof Members }>('core/admission/members.ts', displaced, saved);
  expect(await flood(Forgetful)).toEqual([false, false, false]);
});
