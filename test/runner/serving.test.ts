/** Who is sent code at the same time: many where it is small, two where it is large and they can pass it on. */
import { expect, test } from 'vitest';
import { Serving } from '../../src/runner/serving.ts';
import { peer } from '../support/records.ts';

const LARGE = 5_000_000;
const [ada, bob, eve] = [peer(1), peer(2), peer(3)];

function serving(): { places: Serving; pass: (ms: number) => void } {
  let now = 0;
  return { places: new Serving(() => now), pass: (ms) => void (now += ms) };
}

test('eight receivers of small code are served at the same time, each with up to eight files', () => {
  const { places } = serving();
  const ends = Array.from({ length: 8 }, (_, index) => places.begin(1_000, peer(10 + index)));
  expect(ends.every((end) => end !== null)).toBe(true);
  expect(places.begin(1_000, ada)).toBeNull();
  const more = Array.from({ length: 8 }, () => places.begin(1_000, peer(10)) !== null);
  expect(more).toEqual([true, true, true, true, true, true, true, false]);
  ends[1]?.();
  expect(places.begin(1_000, ada)).not.toBeNull();
});

test('of large code two are, beside those that cannot pass it on', () => {
  const { places, pass } = serving();
  const end = places.begin(LARGE, ada);
  places.begin(LARGE, bob);
  expect(places.begin(LARGE, eve)).toBeNull();
  expect(places.begin(1_000, eve)).not.toBeNull();
  expect(places.begin(LARGE, { id: peer(4).id })).not.toBeNull();
  end?.();
  pass(1_000);
  expect(places.begin(LARGE, peer(5))).not.toBeNull();
});

test('who is sent large code keeps his place between two of its files, and not for ever', () => {
  const { places, pass } = serving();
  places.begin(LARGE, ada)?.();
  places.begin(LARGE, bob);
  pass(299);
  expect(places.begin(LARGE, eve)).toBeNull();
  const again = places.begin(LARGE, ada);
  expect(again).not.toBeNull();
  again?.();
  pass(300);
  expect(places.begin(LARGE, eve)).not.toBeNull();
});

test('those who got the code are named to others, themselves left out, and those without an address', () => {
  const { places } = serving();
  const { hash } = { hash: `sha256:${'a'.repeat(64)}` as const } as { hash: Parameters<Serving['remember']>[0] };
  for (const to of [ada, bob, { id: eve.id }]) places.remember(hash, to);
  expect([places.others(hash, ada.id), places.others(hash, eve.id)]).toEqual([[bob], [ada, bob]]);
});
