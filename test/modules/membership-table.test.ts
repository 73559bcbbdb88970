/** The rules of belief, one by one. */
import { describe, expect, it } from 'vitest';
import type { Claim, MemberState } from '../../src/modules/membership/claims.ts';
import { suspicionRounds } from '../../src/modules/membership/suspicion.ts';
import { MAX_LEAP, MAX_MEMBERS, Table } from '../../src/modules/membership/table.ts';

const SELF = 'f'.repeat(64);

function peer(number: number): { id: string; name: string; address: string } {
  return { id: number.toString(16).padStart(64, '0'), name: `node${number}`, address: '10.0.0.1:7946' };
}

function claim(number: number, state: MemberState, incarnation = 1): Claim {
  return { ...peer(number), state, incarnation };
}

/** A table in which members 1 to `count` spoke for themselves. */
function tableOf(count: number): Table {
  const table = new Table(SELF, () => 0);
  for (let number = 1; number <= count; number++) table.heardFrom(peer(number), 1);
  return table;
}

function stateOf(table: Table, number: number): MemberState | undefined {
  return table.get(peer(number).id)?.state;
}

describe('the table', () => {
  it('takes nobody down on hearsay, but tries who is doubted', () => {
    const table = tableOf(10);
    for (let by = 2; by <= 10; by++) expect(table.hear(claim(1, 'dead'), peer(by).id)).toBe(by <= 9 ? 'doubted' : 'known');
    table.expire(1_000, 1);
    expect(stateOf(table, 1)).toBe('alive');
    expect(table.doubted().map(({ name }) => name)).toEqual(['node1']);
  });

  it('lets a suspicion become a death only with confirmations, and the sooner the more there are', () => {
    const roundsWith = (confirmations: number): number => {
      const table = tableOf(10);
      table.failed(peer(1).id, 0);
      for (let by = 2; by < 2 + confirmations; by++) table.hear(claim(1, 'suspect'), peer(by).id);
      let round = 0;
      while (round < 1_000 && stateOf(table, 1) !== 'dead') table.expire(++round, 1);
      return round;
    };
    expect(roundsWith(0)).toBe(1_000);
    expect(roundsWith(1)).toBe(1_000);
    expect(roundsWith(2)).toBe(suspicionRounds(11, 2));
    expect(roundsWith(3)).toBeLessThan(roundsWith(2));
  });

  it('counts one doubter once', () => {
    const table = tableOf(10);
    table.failed(peer(1).id, 0);
    for (let times = 0; times < 10; times++) table.hear(claim(1, 'suspect'), peer(2).id);
    table.expire(1_000, 1);
    expect(stateOf(table, 1)).toBe('suspect');
  });

  it('believes a higher incarnation, ignores a lower one, and refuses a leap', () => {
    const table = tableOf(10);
    table.failed(peer(1).id, 0);
    expect(table.hear(claim(1, 'alive', 0), peer(2).id)).toBe('older');
    expect(table.hear(claim(1, 'alive', 2 + MAX_LEAP), peer(2).id)).toBe('refused');
    expect(stateOf(table, 1)).toBe('suspect');
    table.hear(claim(1, 'alive', 2), peer(2).id);
    expect([stateOf(table, 1), table.get(peer(1).id)?.incarnation]).toEqual(['alive', 2]);
  });

  it('takes a goodbye from the member itself; from others only when it cannot be reached', () => {
    const table = tableOf(3);
    table.leaving(peer(1), 1);
    expect(table.heardFrom(peer(1), 1)).toBe('older');
    table.hear(claim(2, 'left'), peer(3).id);
    expect([stateOf(table, 1), stateOf(table, 2)]).toEqual(['left', 'alive']);
    table.failed(peer(2).id, 0);
    expect(stateOf(table, 2)).toBe('left');
    table.heardFrom(peer(1), 2);
    expect(stateOf(table, 1)).toBe('alive');
  });

  it('is bounded, and hearsay does not displace who spoke for itself', () => {
    const table = tableOf(10);
    for (let number = 100; number < 100 + 2 * MAX_MEMBERS; number++) table.hear(claim(number, 'alive'), peer(1).id);
    expect(table.members()).toHaveLength(MAX_MEMBERS);
    expect(table.members().filter(({ proven }) => proven)).toHaveLength(10);
    table.heardFrom(peer(99), 1);
    expect([table.members().length, stateOf(table, 99)]).toEqual([MAX_MEMBERS, 'alive']);
  });

  it('tells first what concerns the listener, then what was told least', () => {
    const table = tableOf(5);
    table.claims(SELF, 3);
    table.failed(peer(2).id, 0);
    expect(table.claims(peer(1).id, 3).map(({ name }) => name)).toEqual(['node1', 'node2', 'node4']);
  });

  it('holds nothing of itself', () => {
    const table = tableOf(1);
    expect(table.hear({ ...claim(1, 'dead'), id: SELF }, peer(1).id)).toBe('refused');
    expect(table.heardFrom({ ...peer(1), id: SELF }, 1)).toBe('refused');
    expect(table.members()).toHaveLength(1);
  });
});

describe('a member that calls and cannot be called', () => {
  const { id } = peer(1);

  /** It called in round 0, and did not answer when it was tried; then it refuted what was said of it. */
  function calling(): Table {
    const table = tableOf(10);
    table.called(id, 0);
    table.failed(id, 1);
    table.heardFrom(peer(1), 2);
    return table;
  }

  it('is suspected once, then alive for as long as it calls, and told apart', () => {
    const table = calling();
    for (let round = 2; round <= 100; round++) {
      if (round % 10 === 0) table.called(id, round);
      table.failed(id, round);
      expect([round, stateOf(table, 1)]).toEqual([round, 'alive']);
    }
    expect(table.onlyCalls(id, 100)).toBe(true);
    expect(table.members().filter(({ callable }) => callable === false)).toEqual([expect.objectContaining({ id })]);
  });

  it('is suspected when it has not called for long', () => {
    const table = calling();
    table.failed(id, 100);
    expect(stateOf(table, 1)).toBe('suspect');
  });

  it('is as any other once it answers', () => {
    const table = calling();
    table.answered(id);
    expect(table.members().filter(({ callable }) => callable === false)).toEqual([]);
    table.called(id, 3);
    table.failed(id, 3);
    expect(stateOf(table, 1)).toBe('suspect');
  });

  it('is not kept alive by calls of others in its name, or by its farewell', () => {
    const table = calling();
    table.called(id, 3);
    table.hear(claim(1, 'left', 2), peer(2).id);
    table.failed(id, 3);
    expect(stateOf(table, 1)).toBe('left');
  });
});
