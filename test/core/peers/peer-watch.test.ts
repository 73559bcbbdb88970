/** Peers that come and go are told once each, and a whole cluster that is lost floods nobody. */
import { expect, test } from 'vitest';
import { PeerWatch } from '../../../src/core/peers/peer-watch.ts';
import type { Sighting } from '../../../src/gossip/hint.ts';
import { peer } from '../../support/records.ts';

function watch() {
  const told: string[] = [];
  const log = {
    info: (fields: object, text: string) => void told.push(`${text} ${(fields as { peer?: string }).peer ?? JSON.stringify(fields)}`),
  };
  const watching = new PeerWatch(log as never);
  return (...sightings: readonly Sighting[]): string[] => {
    watching.look(sightings);
    return told.splice(0);
  };
}

const seen = (number: number, more: Partial<Sighting> = {}): Sighting => ({
  ...peer(number, `n${number}`),
  failures: 0,
  proven: true,
  ...more,
});

test('one is silent after three calls in a row, and back with the first that succeeds', () => {
  const look = watch();
  expect(look(seen(1))).toEqual([]);
  expect(look(seen(1, { failures: 2 }))).toEqual([]);
  expect(look(seen(1, { failures: 3, silentMs: 5 }))).toEqual(['peer-silent n1']);
  expect(look(seen(1, { failures: 9 }))).toEqual([]);
  expect(look(seen(1))).toEqual(['peer-back n1']);
  expect(look(seen(1, { failures: 1 }))).toEqual([]);
  expect(look(seen(1))).toEqual([]);
});

test('one that is new is met once it has answered; hearsay is nothing, and a farewell is told elsewhere', () => {
  const look = watch();
  look(seen(1));
  expect(look(seen(1), seen(2, { proven: false }))).toEqual([]);
  expect(look(seen(1), seen(2))).toEqual(['peer-met n2']);
  expect(look(seen(1), seen(2, { left: 'farewell', failures: 7 }))).toEqual([]);
});

test('what a node remembers from before its start is no news, nor that a dead one of these is dead', () => {
  const look = watch();
  expect(look(seen(1), seen(2, { failures: 8 }))).toEqual([]);
  expect(look(seen(1), seen(2, { failures: 9 }))).toEqual([]);
  expect(look(seen(1), seen(2))).toEqual(['peer-back n2']);
});

test('of many at once some are named, and the others counted', () => {
  const look = watch();
  const all = Array.from({ length: 100 }, (_, index) => index + 1);
  look(...all.map((number) => seen(number)));
  const told = look(...all.map((number) => seen(number, { failures: 3 })));
  expect([told.length, told.at(-1)]).toEqual([9, 'peer-silent {"others":92}']);
});

test('whoever watches the node is told the same, by the same names', () => {
  const told: unknown[] = [];
  const watching = new PeerWatch({ info: () => undefined } as never, { peer: (event) => void told.push(event) });
  const { id, name, address } = peer(1, 'n1');
  const one = { id, name, address };
  watching.look([]);
  watching.look([seen(1)]);
  watching.look([seen(1, { failures: 3, silentMs: 700 })]);
  watching.look([seen(1)]);
  expect(told.splice(0)).toEqual([
    { event: 'peer-met', peer: one },
    { event: 'peer-silent', peer: one, silentMs: 700 },
    { event: 'peer-back', peer: one },
  ]);
  watching.look(Array.from({ length: 30 }, (_, index) => seen(index + 1)));
  expect([told.length, told.at(-1)]).toEqual([9, { event: 'peer-met', others: 21 }]);
});
