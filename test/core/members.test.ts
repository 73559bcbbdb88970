/** Who may talk to a node. */
import { expect, test } from 'vitest';
import { Members } from '../../src/core/members.ts';
import type { MembersOptions } from '../../src/core/members.ts';
import type { NodeId } from '../../src/model/names.ts';
import { makeAdmission, makeDelegation } from '../../src/trust/admission.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { mutant } from '../trust/mutant.ts';
import { admitKey, otherRoot, rendezvous, root } from '../trust/fixture.ts';

const NOW = 1_700_000_000_000;
const secret = generateKey();
const id = (digit: string): NodeId => digit.repeat(64) as NodeId;

function admission(node: NodeId, expires: number | null = null, cluster = root.cluster): unknown {
  const delegation = makeDelegation({ cluster, public: secret.public, expires }, [admitKey]);
  return makeAdmission({ cluster, node }, delegation, secret);
}

function makeMembers(options: Partial<MembersOptions> = {}, MembersClass = Members): { members: Members; saved: (readonly NodeId[])[] } {
  const saved: (readonly NodeId[])[] = [];
  const save = async (ids: readonly NodeId[]): Promise<void> => void saved.push(ids);
  return {
    members: new MembersClass({ root, self: id('0'), known: [], now: () => NOW, vouched: async () => false, save, ...options }),
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
  expect(saved).toEqual([[id('a')]]);
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

test('an expired token admits only those whom members vouch for', async () => {
  const { members } = makeMembers({ vouched: async (one) => one === id('a') });
  await members.admit(id('a'), admission(id('a'), NOW));
  await expect(members.admit(id('b'), admission(id('b'), NOW))).rejects.toMatchObject({ code: 'GOSSIP_E_TOKEN_EXPIRED' });
  await members.admit(id('c'), admission(id('c'), NOW + 1));
  expect(['a', 'b', 'c'].map((digit) => members.has(id(digit)))).toEqual([true, false, true]);
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
  const mutation = { file: 'core/members.ts', from: 'await this.#ask(id)', to: 'await this.#options.vouched(id)' };
  const { Members: Unbounded } = await mutant<{ Members: typeof Members }>('core/members.ts', mutation);
  expect(await comeExpired(Unbounded)).toEqual({ asked: 120, codes: { GOSSIP_E_TOKEN_EXPIRED: 120 } });
});

test('many who come at once cost few writes, one at a time, and the last write has them all', async () => {
  const writes: number[] = [];
  let underWay = 0;
  const { members } = makeMembers({
    save: async (ids) => {
      underWay += 1;
      expect(underWay).toBe(1);
      await new Promise(setImmediate);
      writes.push(ids.length);
      underWay -= 1;
    },
  });
  const all = Array.from({ length: 50 }, (_, index) => index.toString(16).padStart(64, '0') as NodeId).slice(1);
  await Promise.all(all.map((one) => members.admit(one, admission(one))));
  await members.saved();
  expect(writes.at(-1)).toBe(all.length);
  expect(writes.length).toBeLessThan(5);
});
