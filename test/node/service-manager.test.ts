/** What a service manager is told, and that a node whose protocol stands still is not called alive. */
import { expect, test } from 'vitest';
import type { Life } from '../../src/core/life.ts';
import type { State } from '../../src/node/notify.ts';
import { ServiceManager, serviceManagerOf, watchdogOf } from '../../src/node/service-manager.ts';

class Bench {
  readonly told: State[] = [];
  life: Life = { pulses: 1, modules: 2, running: 1, known: 1 };
  isBusy = false;
  /** Until then nobody is known to have heard what was told. */
  heard: Promise<void> = Promise.resolve();
  readonly manager = new ServiceManager({ life: () => this.life }, this);

  async tell(state: State): Promise<void> {
    this.told.push(state);
    await this.heard;
  }

  pulse(): void {
    this.life = { ...this.life, pulses: this.life.pulses + 1 };
  }
}

const STATUS = '1 of 2 modules running, 1 other node known';

test('a node is called alive for what its protocol has done since the last look, and for nothing else', () => {
  const bench = new Bench();
  bench.manager.look();
  expect(bench.told).toEqual([]);
  bench.pulse();
  bench.manager.look();
  bench.manager.look();
  expect(bench.told).toEqual([{ WATCHDOG: '1', STATUS }]);
});

test('what is not heard does not pile up, and the next look makes up for it', () => {
  const bench = new Bench();
  bench.isBusy = true;
  bench.pulse();
  bench.manager.look();
  expect(bench.told).toEqual([]);
  bench.isBusy = false;
  bench.manager.look();
  expect(bench.told).toEqual([{ WATCHDOG: '1', STATUS }]);
});

test('a reading is told at its beginning and at its end; what comes meanwhile is part of it', async () => {
  const bench = new Bench();
  const reading = Promise.withResolvers<void>();
  let times = 0;
  const read = (): Promise<void> => (times++, reading.promise);
  const both = [bench.manager.reload(read), bench.manager.reload(read)];
  expect(bench.told).toEqual([{ RELOADING: '1', MONOTONIC_USEC: expect.stringMatching(/^\d+$/) }]);
  reading.resolve();
  await Promise.all(both);
  expect([times, bench.told.slice(1)]).toEqual([2, [{ READY: '1', STATUS }]]);
  await bench.manager.reload(read);
  expect(bench.told).toHaveLength(4);
});

test('one that is asked for once the last was told is another one, also before the manager is known to have heard of the last', async () => {
  const bench = new Bench();
  const told = (): (string | undefined)[] => bench.told.map((state) => Object.keys(state)[0]);
  const held = Promise.withResolvers<void>();
  const first = bench.manager.reload(async () => void (bench.heard = held.promise));
  await expect.poll(told).toEqual(['RELOADING', 'READY']);
  const second = bench.manager.reload(async () => undefined);
  expect(told()).toEqual(['RELOADING', 'READY', 'RELOADING']);
  held.resolve();
  await Promise.all([first, second]);
  expect(told()).toEqual(['RELOADING', 'READY', 'RELOADING', 'READY']);
});

test('an end is told', () => {
  const bench = new Bench();
  bench.manager.stopping();
  expect(bench.told).toMatchObject([{ STOPPING: '1' }]);
});

test('nobody is told where nobody asked', () => {
  const node = { life: () => new Bench().life, log: {} as never };
  expect([{}, { NOTIFY_SOCKET: '' }].map((environment) => serviceManagerOf(node, environment))).toEqual([null, null]);
  expect(serviceManagerOf(node, { NOTIFY_SOCKET: '/run/notify' })).toBeInstanceOf(ServiceManager);
});

test.each([
  [{}, null],
  [{ WATCHDOG_USEC: '120000000' }, 120_000],
  [{ WATCHDOG_USEC: '120000000', WATCHDOG_PID: '7' }, 120_000],
  [{ WATCHDOG_USEC: '120000000', WATCHDOG_PID: '8' }, null],
  [{ WATCHDOG_USEC: '0' }, null],
  [{ WATCHDOG_USEC: '-1' }, null],
  [{ WATCHDOG_USEC: '2min' }, null],
  [{ WATCHDOG_USEC: '9'.repeat(400) }, null],
])('%j is a deadline of %s ms', (environment, expected) => {
  expect(watchdogOf(environment, 7)).toBe(expected);
});
