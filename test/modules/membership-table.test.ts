/** The rules of belief, one by one. */
import { describe, expect, it } from 'vitest';
import type { Claim, MemberState } from '../../src/modules/membership/claims.ts';
import { suspicionRounds } from '../../src/modules/membership/suspicion.ts';
import { MAX_LEAP, MAX_MEMBERS, Table } from '../../src/modules/membership/table.ts';
import type { Failed } from '../../src/modules/membership/table.ts';

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

/** This node's own attempts failed, and those of the helpers that are named. */
function fail(table: Table, number: number, { round = 0, ...failed }: Partial<Failed> & { readonly round?: number } = {}): void {
  table.failed(peer(number).id, { round, at: round }, { refused: false, others: new Map(), ...failed });
}

/** Time passes; whoever is due is tried once more, in vain. */
function wait(table: Table, at: number, refused = false): void {
  for (const { id } of table.due(at, PATIENCE)) table.lastFailed(id, refused);
}

/** Rounds of one second, and this node doubts nothing of itself. */
const PATIENCE = { factor: 1, restartRounds: 1, lookRounds: 0 };

/** How many found what. */
function others(count: number, what: 'silent' | 'gone'): Map<string, 'silent' | 'gone'> {
  return new Map(Array.from({ length: count }, (_, index) => [peer(index + 2).id, what]));
}

describe('the table', () => {
  it('takes nobody down on hearsay, but tries who is doubted', () => {
    const table = tableOf(10);
    for (let by = 2; by <= 10; by++) expect(table.hear(claim(1, 'dead'), peer(by).id)).toBe(by <= 9 ? 'doubted' : 'known');
    wait(table, 1_000);
    expect(stateOf(table, 1)).toBe('alive');
    expect(table.doubted().map(({ name }) => name)).toEqual(['node1']);
  });

  it('lets a suspicion become a death only with confirmations, and the sooner the more there are', () => {
    const roundsWith = (confirmations: number): number => {
      const table = tableOf(10);
      fail(table, 1);
      for (let by = 2; by < 2 + confirmations; by++) table.hear(claim(1, 'suspect'), peer(by).id);
      let round = 0;
      while (round < 1_000 && stateOf(table, 1) !== 'dead') wait(table, (round += 0.25));
      return round;
    };
    expect(roundsWith(0)).toBe(1_000);
    expect(roundsWith(1)).toBe(1_000);
    expect(roundsWith(2)).toBeCloseTo(suspicionRounds(2), 0);
    expect(roundsWith(3)).toBeLessThan(roundsWith(2));
  });

  it('counts helpers that failed too as confirmations', () => {
    const table = tableOf(10);
    fail(table, 1, { others: others(3, 'silent') });
    wait(table, suspicionRounds(3) - 0.1);
    expect(stateOf(table, 1)).toBe('suspect');
    wait(table, suspicionRounds(3));
    expect(stateOf(table, 1)).toBe('dead');
  });

  it('gives a process that is gone the time of a restart, and no more, if this node and two others found its port closed', () => {
    const after = (failed: Partial<Failed>, refusedAgain: boolean): (MemberState | undefined)[] => {
      const table = tableOf(10);
      fail(table, 1, failed);
      return [0.9, 1].map((at) => {
        wait(table, at, refusedAgain);
        return stateOf(table, 1);
      });
    };
    expect(after({ refused: true, others: others(2, 'gone') }, true)).toEqual(['suspect', 'dead']);
    expect(after({ refused: true, others: others(2, 'gone') }, false)).toEqual(['suspect', 'suspect']);
    expect(after({ refused: true, others: others(1, 'gone') }, true)).toEqual(['suspect', 'suspect']);
    expect(after({ refused: false, others: others(3, 'gone') }, true)).toEqual(['suspect', 'suspect']);
  });

  it('counts what others say that they saw like what helpers found, once this node saw it too', () => {
    const table = tableOf(10);
    const heard = (by: number): unknown => table.hear(claim(1, 'suspect'), peer(by).id, { refused: true });
    heard(2);
    wait(table, 1_000, true);
    expect(stateOf(table, 1)).toBe('alive');
    fail(table, 1, { refused: true, round: 1_000 });
    expect(table.unconfirmed(1_000.2, 0.3)).toEqual([]);
    expect(table.unconfirmed(1_000.5, 0.3)).toMatchObject([{ name: 'node1' }]);
    heard(2);
    wait(table, 1_001, true);
    expect([stateOf(table, 1), table.unconfirmed(1_001, 0.3).length]).toEqual(['suspect', 1]);
    heard(3);
    expect(table.unconfirmed(1_001, 0.3)).toEqual([]);
    wait(table, 1_001, true);
    expect(stateOf(table, 1)).toBe('dead');
  });

  it('tries one whose port was closed once more where the last attempt had no answer, and then takes the time of a silence', () => {
    const suspect = (): Table => {
      const table = tableOf(10);
      fail(table, 1, { refused: true, round: 1_000, others: others(2, 'gone') });
      wait(table, 1_001);
      expect(stateOf(table, 1)).toBe('suspect');
      return table;
    };
    const late = suspect();
    wait(late, 1_002, true);
    expect(stateOf(late, 1)).toBe('dead');
    const slow = suspect();
    wait(slow, 1_002);
    wait(slow, 1_003);
    expect(stateOf(slow, 1)).toBe('suspect');
    wait(slow, 1_030);
    expect(stateOf(slow, 1)).toBe('dead');
  });

  it('takes a rumour for a reason to try, and for nothing else', () => {
    const table = tableOf(10);
    const { id } = peer(1);
    for (const what of ['gone', 'silent', 'left'] as const) expect(table.rumour({ id, incarnation: 1, what })).toBe('doubted');
    wait(table, 1_000, true);
    expect([stateOf(table, 1), table.isDoubted(id)]).toEqual(['alive', true]);
    table.heardFrom(peer(1), 1);
    expect(table.isDoubted(id)).toBe(false);
    expect([0, 1 + 2 * MAX_LEAP].map((incarnation) => table.rumour({ id, incarnation, what: 'gone' }))).toEqual(['older', 'refused']);
    expect(table.rumour({ id: SELF, incarnation: 1, what: 'gone' })).toBe('refused');
  });

  it('tells at once who is new, doubted, gone or back, and not what it was told of everybody', () => {
    const news: string[] = [];
    const table = new Table(
      SELF,
      () => 0,
      ({ name, state }) => news.push(`${name} ${state}`),
    );
    table.heardFrom(peer(1), 1);
    table.hear(claim(2, 'alive'), peer(1).id);
    table.hear(claim(3, 'alive'), peer(1).id, { fresh: false });
    table.heardFrom(peer(1), 2);
    table.rumour({ id: peer(1).id, incarnation: 2, what: 'silent' });
    table.heardFrom(peer(1), 3);
    fail(table, 2);
    wait(table, 1_000);
    table.leaving(peer(1), 3);
    expect(news).toEqual(['node1 alive', 'node2 alive', 'node1 alive', 'node2 suspect', 'node1 left']);
  });

  it('believes that a suspect or a dead one left', () => {
    const table = tableOf(10);
    fail(table, 1);
    fail(table, 2, { refused: true, others: others(4, 'gone') });
    wait(table, 1, true);
    expect([stateOf(table, 1), stateOf(table, 2)]).toEqual(['suspect', 'dead']);
    table.hear(claim(1, 'left'), peer(3).id);
    table.rumour({ id: peer(2).id, incarnation: 1, what: 'left' });
    expect([stateOf(table, 1), stateOf(table, 2)]).toEqual(['left', 'left']);
  });

  it('counts one doubter once', () => {
    const table = tableOf(10);
    fail(table, 1);
    for (let times = 0; times < 10; times++) table.hear(claim(1, 'suspect'), peer(2).id);
    wait(table, 1_000);
    expect(stateOf(table, 1)).toBe('suspect');
  });

  it('believes a higher incarnation, ignores a lower one, and refuses a leap', () => {
    const table = tableOf(10);
    fail(table, 1);
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
    fail(table, 2);
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
    fail(table, 2);
    expect(table.claims(peer(1).id, 3).map(({ name }) => name)).toEqual(['node1', 'node2', 'node4']);
  });

  it('tells of what is no news a few in turn', () => {
    const table = tableOf(40);
    for (let message = 0; message < 60; message++) table.claims(SELF, 32);
    const told = Array.from({ length: 10 }, () => table.claims(SELF, 32).map(({ name }) => name));
    expect(told.map((names) => names.length)).toEqual(Array.from({ length: 10 }, () => 6));
    expect(new Set(told.flat()).size).toBe(40);
    fail(table, 7);
    expect(table.claims(SELF, 32).map(({ name }) => name)).toContain('node7');
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
    fail(table, 1, { round: 1 });
    table.heardFrom(peer(1), 2);
    return table;
  }

  it('is suspected once, then alive for as long as it calls, and told apart', () => {
    const table = calling();
    for (let round = 2; round <= 100; round++) {
      if (round % 10 === 0) table.called(id, round);
      fail(table, 1, { round });
      expect([round, stateOf(table, 1)]).toEqual([round, 'alive']);
    }
    expect(table.onlyCalls(id, 100)).toBe(true);
    expect(table.members().filter(({ callable }) => callable === false)).toEqual([expect.objectContaining({ id })]);
  });

  it('is suspected when it has not called for long', () => {
    const table = calling();
    fail(table, 1, { round: 100 });
    expect(stateOf(table, 1)).toBe('suspect');
  });

  it('is as any other once it answers', () => {
    const table = calling();
    table.answered(id);
    expect(table.members().filter(({ callable }) => callable === false)).toEqual([]);
    table.called(id, 3);
    fail(table, 1, { round: 3 });
    expect(stateOf(table, 1)).toBe('suspect');
  });

  it('is not kept alive by calls of others in its name, or by its farewell', () => {
    const table = calling();
    table.called(id, 3);
    table.hear(claim(1, 'left', 2), peer(2).id);
    fail(table, 1, { round: 3 });
    expect(stateOf(table, 1)).toBe('left');
  });
});
