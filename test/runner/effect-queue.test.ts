/** Effects are performed in order, and what rests on a configuration waits until that is durable (laws 1 and 5). */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Failure, GossipEffect } from '../../src/gossip/protocol.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { EffectQueue } from '../../src/runner/effect-queue.ts';
import type { Written } from '../../src/runner/ports.ts';
import { peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const FULL: Failure = { code: 'GOSSIP_E_DISK', message: 'full' };

/** A disk whose writes succeed or fail as it is told, and a log of everything performed. */
class Bench {
  readonly performed: string[] = [];
  /** The number of the newest configuration. */
  newest = 0;
  /** Numbers of the configurations that the disk has, in the order of the writes. */
  readonly written: number[] = [];
  readonly told: (string | null)[] = [];
  /** Whether the next writes fail; empty: they succeed. */
  readonly failures: boolean[] = [];
  /** Writes under way. */
  readonly #pending: (() => void)[] = [];
  /** What waits for its time. */
  readonly #later: (() => void)[] = [];
  readonly queue = new EffectQueue({
    perform: (effect, done) => this.#perform(effect, done),
    refuse: (effect, why) => void this.performed.push(`refused ${effect.token} ${why.code}`),
    onDisk: (refusal) => void this.told.push(refusal && refusal.message),
    after: (_, run) => void this.#later.push(run),
  });

  /** A configuration is written as it is when the write begins. */
  #perform(effect: GossipEffect, done: Written): void {
    if (effect.type !== 'persist-configuration' && effect.type !== 'persist-injection') {
      this.performed.push(nameOf(effect));
      return done(null);
    }
    const number = this.newest;
    const fails = this.failures.shift() ?? false;
    this.#pending.push(() => {
      if (fails) return done(FULL);
      this.written.push(number);
      this.performed.push(`written ${number}`);
      return done(null);
    });
  }

  /** A new configuration, and what follows from it. */
  change(...effects: GossipEffect[]): void {
    this.newest += 1;
    this.queue.push([PERSIST, ...effects]);
  }

  /** Ends the write that is under way. */
  endWrite(): void {
    this.#pending.shift()?.();
  }

  /** Ends all writes under way, also those that follow. */
  idle(): void {
    while (this.#pending.length > 0) this.endWrite();
  }

  /** Time passes, until nothing is on its way any more. */
  settle(): void {
    this.idle();
    while (this.#later.length > 0) {
      this.#later.shift()?.();
      this.idle();
    }
  }
}

function nameOf(effect: GossipEffect): string {
  if ('generation' in effect) return `${effect.type} ${effect.generation}`;
  return 'token' in effect ? `${effect.type} ${effect.token}` : effect.type;
}

const PERSIST: GossipEffect = { type: 'persist-configuration' };
const start = (generation: number): GossipEffect => ({ type: 'start-instance', module: MODULE, generation, record: record(1) });
const activate = (generation: number): GossipEffect => ({ type: 'activate', module: MODULE, generation });
const stop = (generation: number): GossipEffect => ({ type: 'stop-instance', module: MODULE, generation, reason: 'update' });
const injected = (token: number): GossipEffect => ({ type: 'injected', token, answer: { outcome: 'applied' } });
const respond = (token: number, acknowledges: boolean): GossipEffect => ({
  type: 'respond',
  token,
  acknowledges,
  message: { kind: 'unavailable', digest: '', reason: 'GOSSIP_E_MODULE_ABSENT' },
});
const send = (token: number): GossipEffect => ({
  type: 'send',
  token,
  to: peer(2),
  message: { kind: 'configuration', digest: '', summary: null, records: [], peers: [] },
});

describe('on a disk that works', () => {
  test('what follows a persist effect waits for it, and everything keeps its order', () => {
    const bench = new Bench();
    bench.queue.push([send(1)]);
    bench.change(injected(2), start(1));
    bench.queue.push([send(3)]);
    expect(bench.performed).toEqual(['send 1']);
    bench.endWrite();
    expect(bench.performed).toEqual(['send 1', 'written 1', 'injected 2', 'start-instance 1', 'send 3']);
  });

  test('is idle once everything before is performed', () => {
    const bench = new Bench();
    const idle: string[] = [];
    bench.queue.whenIdle(() => idle.push('at once'));
    bench.change(send(1));
    bench.queue.whenIdle(() => idle.push(bench.performed.join()));
    expect(idle).toEqual(['at once']);
    bench.endWrite();
    expect(idle).toEqual(['at once', 'written 1,send 1']);
  });

  test('an effect that throws is a defect, and does not stand in the way of the next', () => {
    const performed: string[] = [];
    const queue = new EffectQueue({
      perform: (effect, done) => {
        if (effect.type === 'send') throw new Error('a defect');
        performed.push(effect.type);
        done(null);
      },
      refuse: () => undefined,
      onDisk: () => undefined,
      after: () => undefined,
    });
    expect(() => queue.push([send(1), start(1)])).toThrow('a defect');
    queue.push([start(2)]);
    expect(performed).toEqual(['start-instance', 'start-instance']);
  });

  test('property: whatever comes in whatever portions, nothing overtakes a write', () => {
    const effect = fc.nat(3).map((kind) => [() => PERSIST, send, start, injected][kind] as (number: number) => GossipEffect);
    fc.assert(
      fc.property(fc.array(fc.array(effect, { maxLength: 5 }), { maxLength: 10 }), (portions) => {
        const bench = new Bench();
        let number = 0;
        const made = portions.map((portion) => portion.map((make) => make((number += 1))));
        for (const portion of made) {
          bench.queue.push(portion);
          if (portion.length % 2 === 0) bench.endWrite();
        }
        bench.idle();
        expect(bench.performed).toEqual(made.flat().map((one) => (one === PERSIST ? 'written 0' : nameOf(one))));
      }),
      { numRuns: 200 },
    );
  });
});

describe('on a disk that refuses', () => {
  test('gossip goes on, no instance starts, and an injection is refused', () => {
    const bench = new Bench();
    bench.failures.push(true, true, true);
    bench.change(injected(1), start(1), send(2));
    bench.idle();
    expect(bench.performed).toEqual(['refused 1 GOSSIP_E_DISK', 'send 2']);
    bench.settle();
    expect(bench.performed).toEqual(['refused 1 GOSSIP_E_DISK', 'send 2', 'written 1', 'start-instance 1']);
    expect(bench.told).toEqual(['full', 'full', 'full', null]);
  });

  test('a root or note that an operator brings is not acknowledged, the second time neither; peers are answered', () => {
    const bench = new Bench();
    bench.failures.push(true, true);
    bench.change(respond(1, true), respond(2, false));
    bench.idle();
    bench.queue.push([respond(3, true)]);
    expect(bench.performed).toEqual(['refused 1 GOSSIP_E_DISK', 'respond 2', 'refused 3 GOSSIP_E_DISK']);
    bench.settle();
    bench.queue.push([respond(4, true)]);
    expect(bench.performed.slice(3)).toEqual(['written 1', 'respond 4']);
  });

  test('an injection that it refuses is not tried again; one that it takes has everything before it on the disk, too', () => {
    const bench = new Bench();
    const injection: GossipEffect = { type: 'persist-injection', token: 1, record: record(1) };
    bench.failures.push(true);
    bench.queue.push([injection]);
    bench.settle();
    expect([bench.performed, bench.told]).toEqual([[], []]);
    bench.failures.push(true);
    bench.change(start(1));
    bench.idle();
    bench.queue.push([injection]);
    bench.idle();
    expect(bench.performed).toEqual(['written 1', 'start-instance 1']);
    expect(bench.told).toEqual(['full', null]);
  });

  test('an instance that was stopped before it could start never starts', () => {
    const bench = new Bench();
    bench.failures.push(true);
    bench.change(start(1), start(2), stop(1), activate(2));
    bench.settle();
    expect(bench.performed).toEqual(['stop-instance 1', 'written 1', 'start-instance 2', 'activate 2']);
  });

  test('a configuration is tried again as it is then', () => {
    const bench = new Bench();
    bench.failures.push(true, true);
    bench.change();
    bench.idle();
    bench.change();
    bench.settle();
    expect(bench.written).toEqual([2]);
  });

  test('after close it is not tried again', () => {
    const bench = new Bench();
    bench.failures.push(true);
    bench.change(start(1));
    bench.idle();
    bench.queue.close();
    bench.settle();
    expect(bench.performed).toEqual([]);
  });

  test('property: whenever writes fail, what rests on a configuration waits for it, and the newest one is written in the end', () => {
    const kinds = fc.constantFrom('persist', 'start', 'injected', 'send');
    fc.assert(
      fc.property(fc.array(kinds, { maxLength: 20 }), fc.array(fc.boolean(), { maxLength: 8 }), (events, failures) => {
        const bench = new Bench();
        bench.failures.push(...failures);
        /** The configuration that each effect rests on. */
        const restsOn = new Map<string, number>();
        for (const [at, kind] of events.entries()) {
          const effect = kind === 'start' ? start(at) : kind === 'injected' ? injected(at) : send(at);
          if (kind === 'persist') bench.change();
          else bench.queue.push([effect]);
          if (kind === 'start' || kind === 'injected') restsOn.set(nameOf(effect), bench.newest);
          if (at % 3 === 0) bench.endWrite();
        }
        bench.idle();
        bench.failures.length = 0;
        bench.settle();
        let durable = 0;
        for (const line of bench.performed) {
          if (line.startsWith('written ')) durable = Number(line.slice('written '.length));
          expect(durable).toBeGreaterThanOrEqual(restsOn.get(line) ?? 0);
        }
        expect(bench.written).toEqual(bench.written.toSorted((a, b) => a - b));
        expect(bench.written.at(-1) ?? 0).toBe(bench.newest);
        const starts = [...restsOn.keys()].filter((name) => name.startsWith('start-instance'));
        expect(bench.performed).toEqual(expect.arrayContaining(starts));
      }),
      { numRuns: 200 },
    );
  });
});
