/** What is done about a member that does not answer in time: others are asked, but not by a node that is busy itself. */
import { describe, expect, it } from 'vitest';
import { LocalHealth } from '../../src/modules/membership/health.ts';
import type { Request } from '../../src/modules/membership/messages.ts';
import { Prober } from '../../src/modules/membership/prober.ts';
import type { ModuleContext, Peer } from '../../src/sdk/index.ts';

const peer = (letter: string): Peer => ({ id: letter.repeat(64), address: '127.0.0.1:1', name: letter });

/** A prober of which nobody answers, and its timers, which run at once when told to. */
function silence(health: LocalHealth) {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const asked: string[] = [];
  const failed: string[] = [];
  const context = {
    now: () => now,
    after: (ms: number, run: () => void) => {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return { stop: () => void timers.delete(timer) };
    },
    exchange: (to: Peer) => {
      asked.push(to.name);
      return new Promise(() => undefined);
    },
  };
  const prober = new Prober({
    context: context as unknown as ModuleContext,
    health,
    compose: (type) => ({ type, name: 'self', incarnation: 1, claims: [], rumours: [] }) as unknown as Request,
    answered: () => undefined,
    helpersFor: () => [peer('b'), peer('c'), peer('d')],
    reachedByOthers: () => undefined,
    failed: (target) => failed.push(target),
  });
  const wait = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return {
    asked,
    failed,
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
});
