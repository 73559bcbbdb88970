import { describe, expect, it } from 'vitest';
import { GossipError } from '../../../src/model/errors.ts';
import type { NodeStatus } from '../../../src/api/status.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import { waitForConvergence } from '../../../src/operator/status/await-rollout.ts';
import type { WaitOptions } from '../../../src/operator/status/await-rollout.ts';
import { peer, record } from '../../support/records.ts';
import { moduleStatus, nodeStatus } from '../paper-node.ts';

const d1 = record(1);
const d2 = record(2);
const d3 = record(3);
const removal = record(4, { code: null });

const seen = (number: number, status: Partial<NodeStatus> = {}, records = [d1]): Sighting => ({
  node: peer(number),
  answer: { status: nodeStatus(peer(number), records, status) },
});
const runs = (number: number, what = d2): Sighting => seen(number, { modules: [moduleStatus(what)] });
const behind = (number: number): Sighting => seen(number, { modules: [moduleStatus(d1)] });
const starting = (number: number): Sighting =>
  seen(number, { modules: [moduleStatus(d1, { newest: 'd2', newestNumber: d2.deployment.number })] });
const failure = { code: 'GOSSIP_E_MODULE_LOAD', message: 'no default export' } as const;
const stuck = (number: number, state: 'held' | 'failed' = 'held'): Sighting =>
  seen(number, { modules: [moduleStatus(d1, { state, newest: 'd2', newestNumber: d2.deployment.number, why: failure })] });
const dead = (number: number): Sighting => ({ node: peer(number), answer: { error: new GossipError('GOSSIP_E_UNREACHABLE', 'gone') } });

/** Waits while the cluster looks like each of `looks` in turn, then like the last for ever. */
async function wait(looks: readonly (readonly Sighting[])[], options: Partial<WaitOptions> = {}) {
  let now = 0;
  let look = 0;
  const { outcome, stragglers, done, elapsedMs, superseded, silent } = await waitForConvergence({
    record: d2,
    look: () => Promise.resolve({ sightings: looks[Math.min(look++, looks.length - 1)] ?? [] }),
    timeoutMs: 10_000,
    pollMs: 100,
    clock: { now: () => now, pause: async (ms) => void (now += ms) },
    ...options,
  });
  return {
    outcome,
    done,
    superseded,
    silent: silent.map(({ name }) => name),
    elapsedMs,
    stragglers: stragglers.map(({ name, why }) => `${name}: ${why}`),
  };
}

describe('waiting for convergence', () => {
  it('ends when every node runs the deployment', async () => {
    const looks = [
      [behind(1), behind(2), dead(3)],
      [runs(1), behind(2), dead(3)],
      [runs(1), runs(2), dead(3)],
      [runs(1), runs(2), runs(3)],
    ];
    expect(await wait(looks)).toEqual({ outcome: 'converged', done: 3, superseded: 0, silent: [], elapsedMs: 300, stragglers: [] });
  });

  it('does not wait for who was revoked', async () => {
    const outside = { code: 'GOSSIP_E_REVOKED', message: 'this node was revoked' } as const;
    expect(await wait([[runs(1), runs(2), seen(3, { outside })]])).toMatchObject({ outcome: 'converged', done: 2, stragglers: [] });
  });

  it('begins no look that would be cut short: who had no time to answer is not silent', async () => {
    let now = 0;
    const given: number[] = [];
    const look = (withinMs: number): Promise<{ sightings: Sighting[] }> => {
      given.push(withinMs);
      now += 900;
      return Promise.resolve({ sightings: withinMs < 900 ? [dead(1), dead(2)] : [runs(1), behind(2)] });
    };
    const clock = { now: () => now, pause: async (ms: number) => void (now += ms) };
    const { outcome, silent, stragglers } = await wait([], { look, clock, timeoutMs: 8_300 });
    expect([outcome, silent, stragglers.length]).toEqual(['timeout', [], 1]);
    expect(Math.min(...given)).toBeGreaterThanOrEqual(900);
  });

  it('looks again in the time that is left, after a shorter pause where it must be', async () => {
    let now = 0;
    let looks = 0;
    const look = (): Promise<{ sightings: Sighting[] }> => {
      now += looks === 0 ? 4_000 : 1_000;
      looks += 1;
      return Promise.resolve({ sightings: looks === 1 ? [behind(1), dead(2)] : [runs(1), dead(2)] });
    };
    const clock = { now: () => now, pause: async (ms: number) => void (now += ms) };
    const end = await wait([], { look, clock, timeoutMs: 9_000, skipSilent: true });
    expect(end).toMatchObject({ outcome: 'converged', done: 1, silent: ['node2'], elapsedMs: 6_000 });
  });

  it('uses the whole time, and pauses by what the answers took: one node that hangs is no reason to look seldom', async () => {
    let now = 0;
    const lookedAt: number[] = [];
    const look = (): Promise<{ sightings: Sighting[]; answersMs: number }> => {
      lookedAt.push(now);
      now += lookedAt.length === 1 ? 1_250 : 20;
      return Promise.resolve({ sightings: [behind(1), { ...dead(2), pending: true }], answersMs: 20 });
    };
    const clock = { now: () => now, pause: async (ms: number) => void (now += ms) };
    const { outcome, elapsedMs } = await wait([], { look, clock, timeoutMs: 2_500 });
    expect([outcome, lookedAt.slice(0, 3)]).toEqual(['timeout', [0, 1_350, 1_470]]);
    expect(elapsedMs).toBeGreaterThan(2_400);
    expect(elapsedMs).toBeLessThanOrEqual(2_500);
  });

  it('calls nobody silent whose answer may still come, and nothing done before (law 9)', async () => {
    const pending = { ...dead(2), pending: true as const };
    const end = { outcome: 'timeout', done: 1, silent: [], stragglers: ['node2: has not answered yet'] };
    expect(await wait([[runs(1), pending]], { timeoutMs: 500 })).toMatchObject(end);
    expect(await wait([[runs(1), pending]], { timeoutMs: 500, skipSilent: true })).toMatchObject(end);
    const looks = [
      [runs(1), pending],
      [runs(1), pending],
      [runs(1), dead(2)],
    ];
    expect(await wait(looks, { skipSilent: true })).toMatchObject({ outcome: 'converged', silent: ['node2'], elapsedMs: 200 });
  });

  it('pauses three times as long as a look took, and never for more than two seconds', async () => {
    const pauses: number[] = [];
    for (const lookMs of [20, 500, 4_000]) {
      let [now, looks] = [0, 0];
      const look = (): Promise<{ sightings: Sighting[] }> => {
        now += lookMs;
        looks += 1;
        return Promise.resolve({ sightings: [looks === 1 ? behind(1) : runs(1)] });
      };
      const pause = async (ms: number): Promise<void> => {
        now += ms;
        pauses.push(ms);
      };
      await wait([], { look, clock: { now: () => now, pause } });
    }
    expect(pauses).toEqual([100, 1_500, 2_000]);
  });

  it('does not call it done while members do not answer, and names them (law 9)', async () => {
    const frozen = [runs(1), runs(2), dead(3), dead(4), dead(5)];
    expect(await wait([frozen], { timeoutMs: 60_000 })).toEqual({
      outcome: 'silent',
      done: 2,
      superseded: 0,
      silent: ['node3', 'node4', 'node5'],
      elapsedMs: 10_000,
      stragglers: [],
    });
    expect(await wait([frozen], { skipSilent: true })).toMatchObject({ outcome: 'converged', silent: ['node3', 'node4', 'node5'] });
  });

  it('is patient with silent nodes while more and more of them answer', async () => {
    const looks = Array.from({ length: 9 }, (_, woken) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => (n <= woken + 1 ? runs(n) : dead(n))));
    const slowly = looks.flatMap((look) => Array.from({ length: 80 }, () => look));
    expect(await wait(slowly, { timeoutMs: 90_000 })).toMatchObject({ outcome: 'converged', done: 9, elapsedMs: 64_000 });
  });

  it('waits as long as nodes come to it one after the other, and not much longer than the last of them', async () => {
    const looks = [
      [behind(1), behind(2)],
      [runs(1), behind(2)],
      [runs(1), starting(2)],
      [runs(1), runs(2)],
    ];
    const slowly = (ms: number): readonly (readonly Sighting[])[] => looks.flatMap((look) => Array.from({ length: ms / 100 }, () => look));
    const patience = { timeoutMs: 600_000, stillMs: 6_000 };
    expect(await wait(slowly(5_000), patience)).toMatchObject({ outcome: 'converged', elapsedMs: 15_000 });
    expect(await wait(slowly(7_000), patience)).toMatchObject({ outcome: 'timeout', done: 0, elapsedMs: expect.closeTo(6_000, -3) });
    expect(await wait([looks[0] ?? [], looks[1] ?? []], patience)).toMatchObject({
      outcome: 'timeout',
      done: 1,
      elapsedMs: expect.closeTo(6_100, -3),
    });
    expect(await wait(slowly(5_000), { ...patience, timeoutMs: 12_000 })).toMatchObject({
      outcome: 'timeout',
      elapsedMs: expect.closeTo(12_000, -3),
    });
  });

  it('is patient for as much longer as an instance must have run to count', async () => {
    const runningFor = (sinceMs: number): Sighting => seen(1, { modules: [moduleStatus(d2, { sinceMs })] });
    const looks = [...Array.from({ length: 95 }, () => [runningFor(0)]), [runningFor(10_000)]];
    expect(await wait(looks, { timeoutMs: 600_000, stillMs: 6_000, steadyMs: 10_000 })).toMatchObject({ outcome: 'converged', done: 1 });
    expect(await wait(looks, { timeoutMs: 600_000, stillMs: 6_000, steadyMs: 20_000 })).toMatchObject({
      outcome: 'timeout',
      elapsedMs: expect.closeTo(26_000, -3),
    });
  });

  it('does not wait for who has been gone for long, nor for hearsay', async () => {
    const absent = [
      { ...dead(3), belief: 'gone' as const },
      { ...dead(4), belief: 'hearsay' as const },
    ];
    expect(await wait([[runs(1), ...absent]])).toMatchObject({ outcome: 'converged', done: 1, silent: [], elapsedMs: 0 });
  });

  it('counts a node that cannot be called once it has called with the configuration of those that are done', async () => {
    const calling = (heard: string): Sighting => ({ ...dead(2), belief: 'calls', heard });
    const digest = nodeStatus(peer(1), [d1]).digest;
    expect(await wait([[runs(1), calling('old')]], { timeoutMs: 500 })).toMatchObject({
      outcome: 'timeout',
      stragglers: ['node2: cannot be called, and has not called with it yet'],
    });
    expect(
      await wait([
        [runs(1), calling('old')],
        [runs(1), calling(digest)],
      ]),
    ).toMatchObject({ outcome: 'converged', elapsedMs: 100 });
  });

  it('says that it runs nowhere when no node may run it', async () => {
    const elsewhere = moduleStatus(d2, { state: 'stopped', deployment: null, number: null, code: null });
    expect(await wait([[seen(1, { modules: [elsewhere] }), seen(2, { modules: [elsewhere] })]])).toMatchObject({
      outcome: 'nowhere',
      done: 0,
    });
  });

  it.each([
    ['answers no message', { exchanges: { answered: 0, failed: 9 }, errors: { count: 9, last: failure } }, 'halted'],
    ['is not answered', { exchanges: { answered: 0, failed: 9 }, errors: { count: 0, last: null } }, 'timeout'],
    ['cannot give its state', { checkpoint: { ageMs: null, error: failure } }, 'halted'],
    ['was not asked for its state yet', { checkpoint: { ageMs: null, error: null } }, 'timeout'],
    ['has only just recovered', { healthyMs: 100 }, 'timeout'],
  ])('does not call done what runs and %s (law 9)', async (_, health, outcome) => {
    const ill = (number: number): Sighting => seen(number, { modules: [moduleStatus(d2, health)] });
    expect(await wait([[ill(1), ill(2)]], { steadyMs: 1_000 })).toMatchObject({ outcome, done: 0 });
  });

  it('calls done what gossips, whatever failed before, and a lone node whom nobody can answer', async () => {
    const well = moduleStatus(d2, { healthyMs: 5_000, exchanges: { answered: 1, failed: 9 }, errors: { count: 2, last: failure } });
    expect(await wait([[seen(1, { modules: [well] }), runs(2)]])).toMatchObject({ outcome: 'converged' });
    const lone = moduleStatus(d2, { exchanges: { answered: 0, failed: 9 } });
    expect(await wait([[seen(1, { modules: [lone] })]])).toMatchObject({ outcome: 'converged' });
  });

  it('ends when it is interrupted, with what was seen so far', async () => {
    expect(await wait([[runs(1), behind(2)]], { signal: AbortSignal.abort() })).toMatchObject({ outcome: 'interrupted', done: 1 });
  });

  it('takes a module that its nodes do not list any more for removed', async () => {
    const folded = seen(1, { modules: [], removedModules: 3, highestSequence: 9 });
    expect(await wait([[folded]], { record: removal })).toMatchObject({ outcome: 'converged' });
  });

  it('does not take for running what the instance itself does not report (law 9)', async () => {
    const other = moduleStatus(d2, { code: d1.deployment.code?.hash ?? null });
    const updating = moduleStatus(d2, { state: 'updating' });
    expect(
      await wait([[seen(1, { modules: [other] }), seen(2, { modules: [updating] }), seen(3, { modules: [] })]], { timeoutMs: 500 }),
    ).toEqual({
      outcome: 'timeout',
      done: 0,
      superseded: 0,
      silent: [],
      elapsedMs: 500,
      stragglers: ['node1: running', 'node2: updating', 'node3: has not heard of it yet'],
    });
  });

  it('believes only in what has run for a while, where that is asked for (law 9)', async () => {
    const young = (sinceMs: number): Sighting => seen(1, { modules: [moduleStatus(d2, { sinceMs })] });
    const crashing = [[young(50)], [stuck(1, 'failed')], [young(100)], [stuck(1, 'failed')]];
    expect(await wait(crashing, { steadyMs: 1_000 })).toMatchObject({ outcome: 'halted', done: 0 });
    expect(await wait([[young(50)]], { steadyMs: 1_000, timeoutMs: 500 })).toMatchObject({
      outcome: 'timeout',
      stragglers: ['node1: has only just begun to run'],
    });
    // The time that it took is told without the time of proof.
    const good = [...Array.from({ length: 12 }, () => [young(900)]), [young(1_000)]];
    expect(await wait(good, { steadyMs: 1_000 })).toMatchObject({ outcome: 'converged', done: 1, elapsedMs: 200 });
  });

  it('ends at the deadline, and names who is missing', async () => {
    expect(await wait([[runs(1), behind(2)]], { timeoutMs: 1_000 })).toMatchObject({
      outcome: 'timeout',
      stragglers: ['node2: has not heard of it yet'],
    });
  });

  it('waits on while nobody is reachable', async () => {
    expect(await wait([[dead(1)], [dead(1)], [runs(1)]])).toMatchObject({ outcome: 'converged', elapsedMs: 200 });
  });

  it('ends at once when every node is stuck for good', async () => {
    expect(await wait([[stuck(1), stuck(2, 'failed')]])).toMatchObject({
      outcome: 'halted',
      stragglers: ['node1: no default export (GOSSIP_E_MODULE_LOAD)', 'node2: no default export (GOSSIP_E_MODULE_LOAD)'],
    });
  });

  it('does not take a failed first start for the end', async () => {
    expect(await wait([[stuck(1)], [stuck(1)], [runs(1)]])).toMatchObject({ outcome: 'converged' });
  });

  it('waits a while for one stuck node when others have done it, then says that it is stuck', async () => {
    const end = { outcome: 'halted', done: 1, stragglers: ['node2: no default export (GOSSIP_E_MODULE_LOAD)'] };
    expect(await wait([[runs(1), stuck(2)]], { timeoutMs: 60_000 })).toMatchObject({ ...end, elapsedMs: 10_000 });
    expect(await wait([[runs(1), stuck(2)]], { timeoutMs: 3_000 })).toMatchObject(end);
  });

  it('counts nodes that went on to a newer deployment, and nodes that may not run the module', async () => {
    const elsewhere = moduleStatus(d2, { state: 'stopped', deployment: null, number: null, code: null });
    expect(await wait([[runs(1, d3), seen(2, { modules: [elsewhere] })]])).toMatchObject({ outcome: 'converged', done: 1, superseded: 1 });
  });

  it('waits for a removed module to stop', async () => {
    const going = moduleStatus(d2, { newest: 'd4', newestNumber: removal.deployment.number });
    const looks = [[seen(1, { modules: [going] })], [seen(1, { modules: [moduleStatus(removal)] })]];
    expect(await wait(looks, { record: removal })).toMatchObject({ outcome: 'converged', elapsedMs: 100 });
  });
});
