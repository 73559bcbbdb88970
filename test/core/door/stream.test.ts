/** One stream of events: whoever watches has each event once, or is told exactly how many he has lost. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePlace } from '../../../src/api/apps.ts';
import { EventReader } from '../../../src/api/event-reader.ts';
import { Stream, Watcher } from '../../../src/core/door/stream.ts';
import type { EventSink } from '../../../src/core/door/stream.ts';

const NOWHERE = null as unknown as EventSink;

function stream(options: { first?: number; maxEvents?: number; maxBytes?: number } = {}): Stream {
  return new Stream({ origin: 7, first: 1, maxEvents: 1_000, maxBytes: 1_000_000, ...options });
}

/** Everything that a watcher is given now. */
function taken(from: Stream, watcher: Watcher): { name: string; data: unknown; id: string }[] {
  const reader = new EventReader();
  const events = [];
  for (let bytes = from.take(watcher); bytes !== null; bytes = from.take(watcher)) events.push(...reader.push(bytes));
  return events.map(({ name, data, id }) => ({ name, data: JSON.parse(data) as unknown, id }));
}

test('a watcher has what was published since it came, with places in order', () => {
  const events = stream();
  events.push('a', '1');
  const watcher = new Watcher(NOWHERE, '', events.resume(null).next);
  expect(taken(events, watcher)).toEqual([]);
  for (const data of ['2', '3']) events.push('a', data);
  expect(taken(events, watcher)).toEqual([
    { name: '', data: 2, id: '7-2' },
    { name: '', data: 3, id: '7-3' },
  ]);
  expect(taken(events, watcher)).toEqual([]);
});

test('one that wants some topics has those alone', () => {
  const events = stream();
  const watcher = new Watcher(NOWHERE, 'service/', 1);
  for (const topic of ['service/a', 'other', 'service', 'service/b']) events.push(topic, JSON.stringify(topic));
  expect(taken(events, watcher).map(({ data }) => data)).toEqual(['service/a', 'service/b']);
});

describe('one that comes back', () => {
  const events = stream({ first: 10, maxEvents: 3 });
  for (let count = 0; count < 5; count += 1) events.push('', String(count));
  // Kept: 12, 13, 14.
  test.each([
    ['where it was', '7-13', { next: 14, lost: 0 }],
    ['with everything', '7-14', { next: 15, lost: 0 }],
    ['having missed what is gone', '7-9', { next: 12, lost: 2 }],
    ['from before the stream began', '7-8', { next: 12, lost: null }],
    ['from another stream, or another start of the node', '6-13', { next: 12, lost: null }],
    ['from the future', '7-99', { next: 12, lost: null }],
  ])('%s', (_, place, expected) => {
    expect(events.resume(parsePlace(place))).toEqual(expected);
  });
});

test.each(['', '7', '7-', '-1', '7-1.5', '7-1-2', ' 7-1', '7-1\n', '9'.repeat(16) + '-1', '__proto__-1'])('%j is no place', (text) => {
  expect(parsePlace(text)).toBeNull();
});

test('many events that do not fit are not kept: one always is', () => {
  const events = stream({ maxBytes: 300 });
  const watcher = new Watcher(NOWHERE, '', 1);
  const big = JSON.stringify('x'.repeat(1_000));
  for (let count = 0; count < 5; count += 1) events.push('', big);
  expect(taken(events, watcher).map(({ name, data }) => [name, (data as { lost?: number }).lost ?? 0])).toEqual([
    ['lost', 4],
    ['', 0],
  ]);
});

test('whatever happens, each watcher has every event once and in order, or hears how many it has lost', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('push' as const), bytes: fc.integer({ min: 0, max: 40_000 }) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), who: fc.nat({ max: 2 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), who: fc.nat({ max: 2 }) }) },
    ),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 100, max: 200_000 }), (list, maxEvents, maxBytes) => {
      const events = stream({ maxEvents, maxBytes });
      const watchers = [0, 1, 2].map(() => ({ watcher: new Watcher(NOWHERE, '', 1), place: '7-0', had: 0 }));
      /** Of each event that was taken: its number, and how many its watcher has had or lost. */
      const numbers: (readonly [number, number])[] = [];
      let pushed = 0;
      const take = (each: (typeof watchers)[number]): void => {
        for (const { name, data, id } of taken(events, each.watcher)) {
          each.had += name === 'lost' ? (data as { lost: number }).lost : 1;
          if (name !== 'lost') numbers.push([(data as { n: number }).n, each.had]);
          each.place = id;
        }
      };
      for (const step of list) {
        if (step.do === 'push') events.push('', JSON.stringify({ n: (pushed += 1), x: 'x'.repeat(step.bytes) }));
        const each = step.do === 'push' ? undefined : watchers[step.who];
        if (each === undefined) continue;
        if (step.do === 'again') {
          // Its connection broke: it comes back with the last place that it heard of.
          const { next, lost } = events.resume(parsePlace(each.place));
          each.had += lost ?? 0;
          each.watcher = new Watcher(NOWHERE, '', next);
        }
        take(each);
      }
      for (const each of watchers) take(each);
      expect(watchers.map(({ had }) => had)).toEqual([pushed, pushed, pushed]);
      expect(numbers.filter(([number, expected]) => number !== expected)).toEqual([]);
    }),
  );
});
