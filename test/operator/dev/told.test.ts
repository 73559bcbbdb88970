/** What is told of a deployment is told once, and what falls and rises in turns is not told to run. */
import { expect, test } from 'vitest';
import type { NodeStatus } from '../../../src/api/status.ts';
import type { Sighting } from '../../../src/operator/status/gather.ts';
import type { DevEvent } from '../../../src/operator/dev/events.ts';
import { Told } from '../../../src/operator/dev/told.ts';
import { peer, record } from '../../support/records.ts';
import { moduleStatus, nodeStatus } from '../paper-node.ts';

const [d1, d2, d3] = [record(1), record(2), record(3)];
const failure = { code: 'GOSSIP_E_MODULE_STATE', message: 'TypeError: no such form' } as const;

function node(number: number, modules: NodeStatus['modules']): Sighting {
  return { node: peer(number), answer: { status: nodeStatus(peer(number), [d1], { modules }) } };
}
const runs = (number: number, forMs = 60_000): Sighting => node(number, [moduleStatus(d2, { sinceMs: forMs, healthyMs: forMs })]);
const held = (number: number, why: string = failure.message): Sighting =>
  node(number, [moduleStatus(d1, { state: 'held', newest: 'd2', newestNumber: d2.deployment.number, why: { ...failure, message: why } })]);
const behind = (number: number): Sighting => node(number, [moduleStatus(d1)]);

function telling() {
  const events: DevEvent[] = [];
  const ends = new AbortController();
  const clock = { now: 1_000 };
  const deployed = { name: 'd2', record: d2 };
  const told = new Told({
    deployed,
    nodes: 2,
    savedAt: 400,
    signal: ends.signal,
    tell: (event) => events.push(event),
    now: () => clock.now,
  });
  const look = (...sightings: readonly Sighting[]): void => told.note({ sightings });
  const kinds = (): string[] => events.map(({ event }) => event);
  return { events, ends, clock, look, kinds };
}

test('that it runs is told once, with the time since the deployment and since the save', () => {
  const { events, clock, look } = telling();
  clock.now = 1_640;
  look(runs(1), behind(2));
  expect(events).toEqual([]);
  look(runs(1), runs(2));
  look(runs(1), runs(2));
  expect(events).toMatchObject([{ event: 'running', deployment: 'd2', nodes: 2, of: 2, elapsedMs: 640, sinceSaveMs: 1_240 }]);
  expect(events).toHaveLength(1);
});

test('why nodes do not run it is told once for the same reasons, and again for others', () => {
  const { events, look } = telling();
  look(held(2), held(1));
  look(held(1), held(2));
  look(held(1), held(2, 'RangeError: too much'));
  const why = 'TypeError: no such form (GOSSIP_E_MODULE_STATE)';
  expect(events).toMatchObject([
    {
      event: 'stuck',
      nodes: 0,
      of: 2,
      stragglers: [
        { node: 'node1', why, code: 'GOSSIP_E_MODULE_STATE' },
        { node: 'node2', why },
      ],
    },
    { event: 'stuck', stragglers: [{ node: 'node1' }, { node: 'node2', why: expect.stringContaining('RangeError') }] },
  ]);
  expect(events).toHaveLength(2);
});

test('what crashes in turns is told to crash once, and to run when it has run for a while', () => {
  const { look, kinds } = telling();
  look(runs(1), runs(2));
  look(held(1), runs(2));
  look(runs(1, 1_000), runs(2));
  look(held(1), runs(2));
  look(runs(1, 4_900), runs(2));
  expect(kinds()).toEqual(['running', 'stuck']);
  look(runs(1, 5_000), runs(2));
  expect(kinds()).toEqual(['running', 'stuck', 'running']);
});

test('a node that is underway for a minute is late', () => {
  const { look, kinds, clock } = telling();
  clock.now += 60_000;
  look(runs(1), behind(2));
  expect(kinds()).toEqual([]);
  clock.now += 1;
  look(runs(1), behind(2));
  expect(kinds()).toEqual(['stuck']);
});

test('what replaced it is told once; after the end nothing is', () => {
  const newer = node(2, [moduleStatus(d3)]);
  const replaced = telling();
  replaced.look(runs(1), newer);
  replaced.look(newer);
  expect(replaced.kinds()).toEqual(['replaced']);
  const ended = telling();
  ended.ends.abort();
  ended.look(held(1));
  ended.look(runs(1), runs(2));
  expect(ended.events).toEqual([]);
});
