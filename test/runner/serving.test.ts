/** Who is sent code at the same time: many where it is small, two where it is large and they can pass it on. */
import { expect, test } from 'vitest';
import { Serving } from '../../src/runner/serving.ts';
import type { ServedCode } from '../../src/runner/serving.ts';
import { code as codeNamed, peer } from '../support/records.ts';

const small: ServedCode = { hash: codeNamed('small').hash, bytes: 1_000 };
const large: ServedCode = { hash: codeNamed('large').hash, bytes: 5_000_000 };
const [ada, bob, eve] = [peer(1), peer(2), peer(3)];

function serving(): { places: Serving; pass: (ms: number) => void } {
  let now = 0;
  return { places: new Serving(() => now), pass: (ms) => void (now += ms) };
}

test('eight receivers of small code are served at the same time, each with up to eight files', () => {
  const { places } = serving();
  const ends = Array.from({ length: 8 }, (_, index) => places.begin(small, peer(10 + index)));
  expect(ends.every((end) => end !== null)).toBe(true);
  expect([places.hasRoom(small, ada), places.begin(small, ada)]).toEqual([false, null]);
  const more = Array.from({ length: 8 }, () => places.begin(small, peer(10)) !== null);
  expect(more).toEqual([true, true, true, true, true, true, true, false]);
  ends[1]?.(1_000);
  expect([places.hasRoom(small, ada), places.begin(small, ada)]).toEqual([true, expect.any(Function)]);
});

test('of large code two are, beside those that cannot pass it on', () => {
  const { places } = serving();
  const end = places.begin(large, ada);
  places.begin(large, bob);
  expect(places.begin(large, eve)).toBeNull();
  expect(places.begin(small, eve)).not.toBeNull();
  expect(places.begin(large, { id: peer(4).id })).not.toBeNull();
  // Who is sent small code anyway does not come to large code by that.
  expect(places.begin(large, eve)).toBeNull();
  end?.(large.bytes);
  expect(places.begin(large, eve)).not.toBeNull();
});

test('who was sent a part of large code keeps the place for a while, to ask for the next', () => {
  const { places, pass } = serving();
  places.begin(large, ada)?.(64_000);
  places.begin(large, bob);
  pass(2_999);
  expect(places.begin(large, eve)).toBeNull();
  places.begin(large, ada)?.(64_000);
  pass(3_000);
  expect(places.begin(large, eve)).not.toBeNull();
});

test('two slow receivers hold up large code for a bounded time, also when they ask again and again', () => {
  const { places, pass } = serving();
  let seconds = 0;
  do {
    for (const slow of [ada, bob]) places.begin(large, slow)?.(1);
    pass(1_000);
    seconds += 1;
  } while (places.begin(large, eve) === null && seconds < 100);
  expect(seconds).toBe(45);
  expect(places.begin(large, peer(4))).not.toBeNull();
});

test('those who got the code are named to others, themselves left out, and those without an address', () => {
  const { places } = serving();
  for (const to of [ada, bob, { id: eve.id }]) places.remember(large.hash, to);
  expect([places.others(large.hash, ada.id), places.others(large.hash, eve.id), places.others(small.hash, ada.id)]).toEqual([
    [bob],
    [ada, bob],
    [],
  ]);
});
