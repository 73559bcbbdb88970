/** What is done about a member that does not answer in time: others are asked, but not by a node that is busy itself. */
import { describe, expect, it, test } from 'vitest';
import type { Claim } from '../../src/modules/membership/claims.ts';
import { Doubts } from '../../src/modules/membership/doubts.ts';
import { LocalHealth } from '../../src/modules/membership/health.ts';
import type { Request } from '../../src/modules/membership/messages.ts';
import type { News } from '../../src/modules/membership/news.ts';
import { Prober } from '../../src/modules/membership/prober.ts';
import type { Table } from '../../src/modules/membership/table.ts';
import { Trials } from '../../src/modules/membership/trials.ts';
import { ExchangeError } from '../../src/sdk/index.ts';
import type { ModuleContext, Peer } from '../../src/sdk/index.ts';

const peer = (letter: string): Peer => ({ id: letter.repeat(64), address: '127.0.0.1:1', name: letter });

/** What a member says that was asked to try another one, and could not reach it either. */
const SILENT = { name: '', incarnation: 1, claims: [], rumours: [], tags: [], reached: 'silent' };

interface Silence {
  /** Why exchanges with the member fail; by default no answer comes. */
  readonly reason?: ExchangeError['reason'];
  /** Whether those that are asked to try it answer that they cannot reach it; by default they do. */
  readonly othersAnswer?: boolean;
  /** Whether others have said that they suspect it; by default they have not. */
  readonly isConfirmed?: boolean;
}

/** A prober of a member `a` that does not answer, and its timers, which run at once when told to. */
function silence(health: LocalHealth, { reason, othersAnswer = true, isConfirmed = false }: Silence = {}) {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const asked: string[] = [];
  const failed: string[] = [];
  const context = {
    settings: {},
    intervalMs: 1_000,
    now: () => now,
    after: (ms: number, run: () => void) => {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return { stop: () => void timers.delete(timer) };
    },
    exchange: (to: Peer) => {
      asked.push(to.name);
      if (to.name !== 'a' && othersAnswer) return Promise.resolve(SILENT);
      return reason === undefined ? new Promise(() => undefined) : Promise.reject(new ExchangeError(reason, reason));
    },
  };
  const prober = new Prober({
    context: context as unknown as ModuleContext,
    health,
    compose: (type) => ({ type, name: 'self', incarnation: 1, claims: [], rumours: [], tags: [] }) as unknown as Request,
    answered: () => undefined,
    helpersFor: () => [peer('b'), peer('c'), peer('d')],
    isDoubted: () => false,
    isConfirmed: () => isConfirmed,
    reachedByOthers: () => undefined,
    failed: (target) => failed.push(target),
    confirmed: () => undefined,
  });
  const wait = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return {
    asked,
    failed,
    pass: (ms: number) => void (now += ms),
    probe: async (): Promise<void> => {
      const over = prober.probe(peer('a'));
      for (await wait(); timers.size > 0; await wait()) {
        const [next] = [...timers].toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.run();
      }
      await over;
    },
  };
}

describe('a member that does not answer', () => {
  it('is tried once more and by three others, and then it has failed', async () => {
    const { probe, asked, failed } = silence(new LocalHealth());
    await probe();
    expect(asked.toSorted()).toEqual(['a', 'a', 'b', 'c', 'd']);
    expect(failed).toEqual([peer('a').id]);
  });

  it('has not failed where not one of the others answers: perhaps this node is slow or cut off, which it believes in the end', async () => {
    const health = new LocalHealth();
    const { probe, failed } = silence(health, { othersAnswer: false });
    let probes = 0;
    for (; failed.length === 0 && probes < 10; probes++) await probe();
    expect([health.cutOff, probes]).toEqual([true, 3]);
    const confirmed = silence(new LocalHealth(), { othersAnswer: false, isConfirmed: true });
    await confirmed.probe();
    expect(confirmed.failed).toEqual([peer('a').id]);
    // Answers that came late tell of a node that is slow.
    const slow = new LocalHealth();
    for (let late = 0; late < 8; late++) slow.answerCameLate();
    expect(slow.cutOff).toBe(false);
  });

  it('is judged now and then by a node that is busy for good', async () => {
    const health = new LocalHealth();
    const judged = Array.from({ length: 24 }, () => {
      health.roundCame(150);
      return !health.busy;
    });
    expect(judged.filter(Boolean)).toHaveLength(3);
  });

  it('has not failed for a node whose own rounds come late, and costs no further message', async () => {
    const health = new LocalHealth();
    health.roundCame(150);
    const late = silence(health);
    await late.probe();
    expect(late.asked).toEqual(['a']);
    expect(late.failed).toEqual([]);
    health.roundCame(5);
    const again = silence(health);
    await again.probe();
    expect(again.failed).toEqual([peer('a').id]);
  });

  it('has not failed for an instance that took over in an update, in its first three rounds: all nodes update at once', async () => {
    const health = new LocalHealth();
    health.tookOver();
    expect(health.factor).toBe(4);
    const judged: boolean[] = [];
    for (let round = 0; round < 4; round++) {
      const { probe, asked, failed } = silence(health);
      await probe();
      judged.push(failed.length > 0 || asked.length > 1);
      health.roundCame(5);
    }
    expect(judged).toEqual([false, false, false, true]);
  });

  it('has not failed while its core answers and says that the module is not there, unless that lasts', async () => {
    const { probe, asked, failed, pass } = silence(new LocalHealth(), { reason: 'absent' });
    await probe();
    pass(4_000);
    await probe();
    expect(asked).toEqual(['a', 'a']);
    expect(failed).toEqual([]);
    pass(1_100);
    await probe();
    expect(failed).toEqual([peer('a').id]);
  });

  it('has not failed when it updates again, long after', async () => {
    const { probe, failed, pass } = silence(new LocalHealth(), { reason: 'absent' });
    await probe();
    pass(60_000);
    await probe();
    expect(failed).toEqual([]);
  });
});

test.each([true, false])(
  'a suspect (refused: %s) of which the last attempt tells nothing is tried again a round later, not at every step',
  (refused) => {
    let run = (): void => undefined;
    let [tries, steps] = [0, 0];
    const clock = { passedMs: 0 };
    const suspect = { id: 'a', incarnation: 1 } as Claim;
    const trials = new Trials({
      context: {
        after: (ms: number, step: () => void) => {
          clock.passedMs += ms;
          run = step;
        },
      } as unknown as ModuleContext,
      health: new LocalHealth(),
      table: { inState: () => [suspect], due: () => [suspect], unconfirmed: () => [], anyRefused: () => refused } as unknown as Table,
      prober: { lastTry: async () => (tries++, 'unclear') } as unknown as Prober,
    });
    trials.start(1_000);
    for (; clock.passedMs <= 3_500; steps++) run();
    // Where a process seems gone, the clock is looked at more often.
    expect([tries, steps > 20]).toEqual([4, refused]);
  },
);

describe('the patience of an instance', () => {
  /** One that has run for a while. */
  function grown(): LocalHealth {
    const health = new LocalHealth();
    for (let round = 0; round < 3; round++) health.roundCame(0);
    return health;
  }

  it('is four times as long in its first three rounds, which come as fast as any', () => {
    const health = new LocalHealth();
    expect([health.factor, health.stretch, health.busy]).toEqual([4, 1, false]);
    expect(grown().factor).toBe(1);
  });

  it('is four times what the middle one of the last fifteen answers took: some slow members change nothing', () => {
    const health = grown();
    for (let answer = 0; answer < 15; answer++) health.answerTook(answer < 7 ? 4_000 : 20);
    expect([health.factor, health.stretch]).toEqual([1, 1]);
    for (let answer = 0; answer < 15; answer++) health.answerTook(600);
    expect([health.factor, health.stretch]).toEqual([4.8, 2.4]);
    for (let answer = 0; answer < 15; answer++) health.answerTook(60_000);
    expect([health.factor, health.stretch]).toEqual([9, 4]);
    for (let answer = 0; answer < 15; answer++) health.answerTook(5);
    expect([health.factor, health.stretch]).toEqual([1, 1]);
  });

  it('where most answers are slow it is busy, but for every eighth round', () => {
    const health = grown();
    for (let answer = 0; answer < 15; answer++) health.answerTook(400);
    const judges = Array.from({ length: 16 }, () => {
      health.roundCame(0);
      return !health.busy;
    });
    expect(judges.filter(Boolean)).toHaveLength(2);
  });
});

it('a rumour of one that fell silent is looked into later by those that doubt themselves: a refutation may come first', () => {
  const delays = (health: LocalHealth): number => {
    let delayMs = 0;
    const member = { id: peer('a').id, incarnation: 1, what: 'silent' } as const;
    const doubts = new Doubts({
      context: { random: () => 0.5, after: (ms: number) => ((delayMs = ms), { stop: () => undefined }) } as unknown as ModuleContext,
      table: { size: 100, rumour: () => 'doubted' } as unknown as Table,
      news: { knows: () => false, rumour: () => undefined, spread: () => undefined } as unknown as News,
      health,
      isNear: () => false,
      tryIt: () => undefined,
    });
    doubts.heard(member, peer('b').id);
    return delayMs;
  };
  const sure = new LocalHealth();
  for (let round = 0; round < 3; round++) sure.roundCame(0);
  const doubtful = new LocalHealth();
  doubtful.tookOver();
  expect([delays(sure), delays(doubtful)]).toEqual([800, 800 + 3 * 500]);
});
