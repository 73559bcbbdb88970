/** A host that hangs or grows is found; one that is merely watched by a late core is not (attacks D7, D8). */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CALM_MS, Ticker, TICK_MS, Watch } from '../../../src/core/hosting/process/watch.ts';

const limits = { pingEveryMs: 1_000, hungAfterMs: 5_000, bootWithinMs: 30_000, maxResidentBytes: 100 * 1024 * 1024 };

/** The verdicts of `ms` of ticks that are not null. */
function run(watch: Watch, ms: number, answer: (ping: number) => void = () => undefined, waitedMs = 0) {
  const verdicts = [];
  for (let at = 0; at < ms; at += TICK_MS) {
    const verdict = watch.tick(TICK_MS, 0, waitedMs);
    if (verdict !== null && 'ping' in verdict) answer(verdict.ping);
    else if (verdict !== null) verdicts.push(verdict.failure);
  }
  return verdicts;
}

function booted(): Watch {
  const watch = new Watch(limits);
  watch.booted();
  return watch;
}

describe('a watch', () => {
  it('lets a host live that answers', () => {
    const watch = booted();
    expect(run(watch, 60_000, (ping) => watch.pong(ping))).toEqual([]);
  });

  it('lets a host live that answers late, but within the limit', () => {
    const watch = booted();
    expect(run(watch, 60_000, (ping) => watch.pong(ping - 3))).toEqual([]);
  });

  it('does not count the silence before a step against the step', () => {
    const watch = booted();
    run(watch, 4_000);
    watch.excuse();
    expect(run(watch, 5_000)).toEqual([]);
    expect(run(watch, 250)).toMatchObject([{ code: 'GOSSIP_E_MODULE_HUNG' }]);
  });

  it('finds a host that is silent', () => {
    const watch = booted();
    expect(run(watch, 5_000)).toEqual([]);
    expect(run(watch, 250)).toMatchObject([{ code: 'GOSSIP_E_MODULE_HUNG' }]);
  });

  it('waits for a host that a debugger is in, and counts from when it left', () => {
    let isInspected = true;
    const watch = new Watch({ ...limits, isInspected: () => isInspected });
    watch.booted();
    expect(run(watch, 3_600_000)).toEqual([]);
    isInspected = false;
    expect(run(watch, 5_000)).toEqual([]);
    expect(run(watch, 250)).toMatchObject([{ code: 'GOSSIP_E_MODULE_HUNG' }]);
  });

  it('asks a host for nothing that answers anyway, and for a sign as soon as it does not', () => {
    const watch = booted();
    for (let at = 0; at < 60_000; at += TICK_MS) {
      expect(watch.tick(TICK_MS, 0)).toBeNull();
      if (at % 750 === 0) watch.answered();
    }
    watch.answered();
    const pings: number[] = [];
    expect(run(watch, 5_000, (ping) => pings.push(ping))).toEqual([]);
    expect(pings).toEqual([1, 2, 3, 4, 5]);
    expect(run(watch, 250)).toMatchObject([{ code: 'GOSSIP_E_MODULE_HUNG' }]);
  });

  it('asks nothing of one that answers something else between two looks, however far apart they are', () => {
    const watch = booted();
    for (let looks = 0; looks < 10; looks += 1) {
      watch.answered();
      expect(watch.tick(1_000, 0)).toBeNull();
    }
    expect(watch.tick(1_000, 0)).toEqual({ ping: 1 });
  });

  it('takes no answer for a ping that was not sent, nor one twice', () => {
    const watch = booted();
    expect(run(watch, 5_250, () => watch.pong(999))).toMatchObject([{ code: 'GOSSIP_E_MODULE_HUNG' }]);
    const replayed = booted();
    expect(run(replayed, 7_250, () => replayed.pong(1))).not.toEqual([]);
  });

  it('forgives a machine that starts processes slowly, for a time', () => {
    const watch = new Watch(limits);
    expect(run(watch, 30_000)).toEqual([]);
    expect(run(watch, 250)).toMatchObject([{ code: 'GOSSIP_E_MODULE_LOAD' }]);
  });

  const SLOW = 0.8 * TICK_MS;

  it.each([
    ['comes up', () => new Watch(limits), limits.bootWithinMs],
    ['answers', booted, limits.hungAfterMs],
  ])(
    'gives a host that %s on a crowded machine the time in which it has no processor, ten times the limit at most',
    (_what, begin, limitMs) => {
      const slow = begin();
      expect(run(slow, 5 * limitMs, undefined, SLOW)).toEqual([]);
      expect(slow.silentMs).toBe(5 * limitMs);
      expect(run(slow, TICK_MS)).not.toEqual([]);
      const starved = begin();
      expect(run(starved, 10 * limitMs, undefined, TICK_MS)).toEqual([]);
      expect(run(starved, TICK_MS, undefined, TICK_MS)).not.toEqual([]);
    },
  );

  it('has all its patience again for a host that was heard of, and never counts more as waiting than passed', () => {
    const watch = booted();
    for (let round = 0; round < 3; round += 1) {
      expect(run(watch, 10 * limits.hungAfterMs, undefined, 10 * TICK_MS)).toEqual([]);
      watch.answered();
    }
    expect(run(watch, limits.hungAfterMs)).toEqual([]);
    expect(run(watch, TICK_MS)).toMatchObject([{ code: 'GOSSIP_E_MODULE_HUNG' }]);
  });

  it('counts of a long pause only what was silence for sure, once it was heard of', () => {
    const watch = booted();
    watch.excuse();
    watch.tick(1_000, 0);
    expect(watch.silentMs).toBe(TICK_MS);
    watch.tick(1_000, 0);
    expect(watch.silentMs).toBe(TICK_MS + 1_000);
  });

  it('finds a host that grew beyond its limit', () => {
    const watch = booted();
    expect(watch.tick(TICK_MS, limits.maxResidentBytes)).toBeNull();
    expect(watch.tick(TICK_MS, limits.maxResidentBytes + 1)).toMatchObject({ failure: { code: 'GOSSIP_E_MODULE_MEMORY' } });
  });
});

it('is calm when it is up, idles, and is far from its limit of memory; what is not known is not calm', () => {
  const half = limits.maxResidentBytes / 2;
  const calm = [
    [booted(), half - 1, 0.05],
    [booted(), half, 0.05],
    [booted(), half - 1, 0.06],
    [booted(), undefined, 0],
    [booted(), 0, undefined],
    [new Watch(limits), 0, 0],
  ] as const;
  expect(calm.map(([watch, bytes, share]) => watch.isCalm(bytes, share))).toEqual([true, false, false, false, false, false]);
});

describe('the ticker', () => {
  afterEach(() => void vi.useRealTimers());

  it('does not take its own standstill for the silence of a host', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const ticker = new Ticker();
    const ticks: number[] = [];
    const watched = { tick: (elapsedMs: number) => ticks.push(elapsedMs) < 0 };
    ticker.add(watched);
    vi.advanceTimersByTime(TICK_MS);
    const real = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => real() + 60_000);
    vi.advanceTimersByTime(TICK_MS);
    vi.restoreAllMocks();
    ticker.remove(watched);
    vi.advanceTimersByTime(10 * TICK_MS);
    expect(ticks).toEqual([TICK_MS, 2 * TICK_MS]);
  });

  it('looks later at hosts that are calm, and soon when something waits for it', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const ticker = new Ticker();
    const ticks: number[] = [];
    const [calm, restless] = [{ tick: (elapsedMs: number) => ticks.push(elapsedMs) > 0 }, { tick: () => false }];
    ticker.add(calm);
    vi.advanceTimersByTime(TICK_MS + 2 * CALM_MS);
    expect(ticks).toEqual([TICK_MS, CALM_MS, CALM_MS]);
    for (const later of [100, 900]) {
      vi.advanceTimersByTime(later);
      ticker.hurry();
      ticker.hurry();
      vi.advanceTimersByTime(TICK_MS);
    }
    expect(ticks.splice(0)).toEqual([TICK_MS, CALM_MS, CALM_MS, 100 + TICK_MS, 900 + TICK_MS]);
    ticker.add(restless);
    vi.advanceTimersByTime(4 * TICK_MS);
    expect(ticks).toEqual([TICK_MS, TICK_MS, TICK_MS, TICK_MS]);
    ticker.remove(calm);
    ticker.remove(restless);
  });

  it('goes on for who comes later, also when something hurried it while it watched nobody', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const ticker = new Ticker();
    ticker.hurry();
    vi.advanceTimersByTime(10 * TICK_MS);
    const ticks: number[] = [];
    const watched = { tick: (elapsedMs: number) => ticks.push(elapsedMs) < 0 };
    ticker.add(watched);
    vi.advanceTimersByTime(2 * TICK_MS);
    expect(ticks).toEqual([TICK_MS, TICK_MS]);
    ticker.remove(watched);
  });
});
