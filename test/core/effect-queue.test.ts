/** Effects are performed in order, and what rests on a configuration waits until that is durable (laws 1 and 5). */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EffectQueue } from '../../src/core/effect-queue.ts';
import type { GossipEffect } from '../../src/gossip/protocol.ts';
import { GossipError } from '../../src/model/errors.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const RETRY_MS = 1;

/** A disk whose writes succeed or fail as it is told, and a log of everything performed. */
class Bench {
  readonly performed: string[] = [];
  /** Numbers of the configurations that the disk has, in the order of the writes. */
  readonly written: number[] = [];
  readonly told: (string | null)[] = [];
  /** Whether the next writes fail; empty: they succeed. */
  readonly failures: boolean[] = [];
  /** Writes under way, when the test ends them itself. */
  readonly pending: (() => void)[] = [];
  byHand = false;
  readonly queue = new EffectQueue({
    perform: (effect) => this.#perform(effect),
    refuse: (effect, error) => void this.performed.push(`refused ${effect.token} ${error.code}`),
    onDisk: (error) => void this.told.push(error && error.message),
    retryMs: RETRY_MS,
  });

  get durable(): number {
    return this.written.at(-1) ?? 0;
  }

  #perform(effect: GossipEffect): Promise<void> | void {
    if (effect.type !== 'persist-configuration') {
      this.performed.push(nameOf(effect));
      return;
    }
    const number = effect.records.length;
    const fails = this.failures.shift() ?? false;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        if (fails) return reject(new GossipError('GOSSIP_E_DISK', 'full'));
        this.written.push(number);
        this.performed.push(`written ${number}`);
        resolve();
      };
      if (this.byHand) this.pending.push(end);
      else setImmediate(end);
    });
  }

  /** Until nothing is on its way any more, some retries included. */
  async settled(): Promise<void> {
    for (let round = 0; round < 6; round += 1) {
      await this.queue.idle();
      await new Promise((resolve) => setTimeout(resolve, 2 * RETRY_MS));
    }
  }
}

function nameOf(effect: GossipEffect): string {
  if ('generation' in effect) return `${effect.type} ${effect.generation}`;
  return 'token' in effect ? `${effect.type} ${effect.token}` : effect.type;
}

/** The configuration of that number, told by how many records it has. */
const persist = (number: number): GossipEffect => ({
  type: 'persist-configuration',
  records: Array.from({ length: number }, () => record(1)),
});
const start = (generation: number): GossipEffect => ({ type: 'start-instance', module: MODULE, generation, record: record(1) });
const activate = (generation: number): GossipEffect => ({ type: 'activate', module: MODULE, generation });
const stop = (generation: number): GossipEffect => ({ type: 'stop-instance', module: MODULE, generation, reason: 'update' });
const injected = (token: number): GossipEffect => ({ type: 'injected', token, outcome: 'applied' });
const send = (token: number): GossipEffect => ({
  type: 'send',
  token,
  to: peer(2),
  message: { kind: 'configuration', digest: '', summary: null, records: [], peers: [] },
});

describe('on a disk that works', () => {
  test('what follows a persist effect waits for it, and everything keeps its order', async () => {
    const bench = new Bench();
    bench.byHand = true;
    bench.queue.push([send(1), persist(1), injected(2), start(1)]);
    bench.queue.push([send(3)]);
    expect(bench.performed).toEqual(['send 1']);
    bench.pending.shift()?.();
    await bench.queue.idle();
    expect(bench.performed).toEqual(['send 1', 'written 1', 'injected 2', 'start-instance 1', 'send 3']);
  });

  test('property: whatever comes in whatever portions, nothing overtakes a write', async () => {
    const effect = fc.nat(3).map((kind) => [persist, send, start, injected][kind] as (number: number) => GossipEffect);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(effect, { maxLength: 5 }), { maxLength: 10 }), async (portions) => {
        const bench = new Bench();
        let number = 0;
        const made = portions.map((portion) => portion.map((make) => make((number += 1))));
        for (const portion of made) {
          bench.queue.push(portion);
          if (portion.length % 2 === 0) await new Promise(setImmediate);
        }
        await bench.queue.idle();
        const expected = made.flat().map((one) => (one.type === 'persist-configuration' ? `written ${one.records.length}` : nameOf(one)));
        expect(bench.performed).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});

describe('on a disk that refuses', () => {
  test('gossip goes on, no instance starts, and an injection is refused', async () => {
    const bench = new Bench();
    bench.failures.push(true, true, true);
    bench.queue.push([persist(1), injected(1), start(1), send(2)]);
    await bench.queue.idle();
    expect(bench.performed).toEqual(['refused 1 GOSSIP_E_DISK', 'send 2']);
    await bench.settled();
    expect(bench.performed).toEqual(['refused 1 GOSSIP_E_DISK', 'send 2', 'written 1', 'start-instance 1']);
    expect(bench.told).toEqual(['full', null]);
  });

  test('an instance that was stopped before it could start never starts', async () => {
    const bench = new Bench();
    bench.failures.push(true);
    bench.queue.push([persist(1), start(1), start(2), stop(1), activate(2)]);
    await bench.settled();
    expect(bench.performed).toEqual(['stop-instance 1', 'written 1', 'start-instance 2', 'activate 2']);
  });

  test('an older configuration is never written over a newer one', async () => {
    const bench = new Bench();
    bench.failures.push(true);
    bench.queue.push([persist(1)]);
    await bench.queue.idle();
    // The newer one is being written when the retry of the older comes up.
    bench.byHand = true;
    bench.queue.push([persist(2)]);
    await new Promise((resolve) => setTimeout(resolve, 10 * RETRY_MS));
    while (bench.pending.length > 0) {
      bench.pending.shift()?.();
      await new Promise(setImmediate);
    }
    await bench.queue.idle();
    expect(bench.written).toEqual([2]);
  });

  test('after close it is not tried again', async () => {
    const bench = new Bench();
    bench.failures.push(true);
    bench.queue.push([persist(1), start(1)]);
    await bench.queue.idle();
    bench.queue.close();
    await bench.settled();
    expect(bench.performed).toEqual([]);
  });

  test('property: whenever writes fail, what rests on a configuration waits for it, and the newest one is written in the end', async () => {
    const kinds = fc.constantFrom('persist', 'start', 'injected', 'send');
    await fc.assert(
      fc.asyncProperty(fc.array(kinds, { maxLength: 20 }), fc.array(fc.boolean(), { maxLength: 8 }), async (events, failures) => {
        const bench = new Bench();
        bench.failures.push(...failures);
        /** The configuration that each effect rests on. */
        const restsOn = new Map<string, number>();
        let newest = 0;
        for (const [at, kind] of events.entries()) {
          if (kind === 'persist') newest += 1;
          const effect =
            kind === 'persist' ? persist(newest) : kind === 'start' ? start(at) : kind === 'injected' ? injected(at) : send(at);
          if (kind === 'start' || kind === 'injected') restsOn.set(nameOf(effect), newest);
          bench.queue.push([effect]);
          if (at % 3 === 0) await new Promise(setImmediate);
        }
        await bench.queue.idle();
        bench.failures.length = 0;
        await bench.settled();
        let durable = 0;
        for (const line of bench.performed) {
          if (line.startsWith('written ')) durable = Number(line.slice('written '.length));
          expect(durable).toBeGreaterThanOrEqual(restsOn.get(line) ?? 0);
        }
        expect(bench.written).toEqual(bench.written.toSorted((a, b) => a - b));
        expect(bench.durable).toBe(newest);
        const starts = [...restsOn.keys()].filter((name) => name.startsWith('start-instance'));
        expect(bench.performed).toEqual(expect.arrayContaining(starts));
      }),
      { numRuns: 50 },
    );
  });
});
