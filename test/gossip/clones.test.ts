/** Two runs of one node are told from a node that moved (attack B13). */
import { expect, test } from 'vitest';
import { Clones } from '../../src/gossip/clones.ts';
import { Hints } from '../../src/gossip/hints.ts';
import type { Address, Peer } from '../../src/model/names.ts';
import { peer, seeded } from '../support/records.ts';

const WINDOW_MS = 3_600_000;
const at = (port: number, known: Peer = peer(2)): Peer => ({ ...known, address: `10.0.0.2:${port}` as Address });

/** Claims as a node hears them, a minute apart; what it makes of each. */
class Witness {
  now = 0;
  readonly hints = new Hints(peer(1).id, [], seeded(1));
  readonly clones = new Clones(WINDOW_MS);

  hear(claim: Peer, afterMs = 60_000, incarnation: number | null = null): boolean {
    this.now += afterMs;
    this.hints.claim(claim);
    return this.clones.said(claim, incarnation, this.now) !== null;
  }

  get alarming(): readonly (readonly Address[])[] {
    return this.clones.list(this.now).map(({ addresses }) => addresses);
  }
}

test('a node that speaks from two addresses in turn is told once, at its third return, and as long as it goes on', () => {
  const witness = new Witness();
  expect([1, 2, 1, 2, 1, 2, 1].map((port) => witness.hear(at(port)))).toEqual([false, false, false, false, true, false, false]);
  expect(witness.alarming).toEqual([['10.0.0.2:1', '10.0.0.2:2']]);
  witness.now += WINDOW_MS + 1;
  expect(witness.alarming).toEqual([]);
});

test('of three copies too', () => {
  const witness = new Witness();
  expect([1, 2, 3, 1, 2, 3].map((port) => witness.hear(at(port)))).toEqual([false, false, false, false, false, true]);
  expect(witness.alarming).toEqual([['10.0.0.2:1', '10.0.0.2:2', '10.0.0.2:3']]);
});

test.each([
  ['moves on and on', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['moves there and back', [1, 1, 2, 2, 2, 1, 1]],
])('a node that %s is no clone', (_, ports) => {
  const witness = new Witness();
  expect(ports.filter((port) => witness.hear(at(port)))).toEqual([]);
  expect(witness.alarming).toEqual([]);
});

test('a node that comes back now and then is no clone', () => {
  const witness = new Witness();
  expect([1, 2, 1, 2, 1, 2].filter((port) => witness.hear(at(port), WINDOW_MS / 2 + 1))).toEqual([]);
});

test('a node that is restarted on two addresses in turn, its incarnation rising, is no clone, however often', () => {
  const witness = new Witness();
  for (let start = 1; start <= 20; start += 1)
    for (let told = 0; told < 3; told += 1) expect(witness.hear(at(1 + (start % 2)), 1_000, start)).toBe(false);
  expect(witness.alarming).toEqual([]);
});

test.each([
  ['with one incarnation', [8, 8]],
  ['of which one was restarted more often', [8, 11]],
])('two copies %s are told', (_, incarnations) => {
  const witness = new Witness();
  const heard = Array.from({ length: 8 }, (__, turn) => witness.hear(at(1 + (turn % 2)), 1_000, incarnations[turn % 2]));
  expect(heard.filter(Boolean)).toEqual([true]);
  expect(witness.alarming).toEqual([['10.0.0.2:1', '10.0.0.2:2']]);
});

test('two copies that are restarted in turn and both go on speaking are told', () => {
  const witness = new Witness();
  let incarnation = 1;
  const heard: boolean[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    incarnation += turn % 3 === 0 ? 1 : 0;
    heard.push(witness.hear(at(1), 1_000, 5), witness.hear(at(2), 1_000, 5 + incarnation));
  }
  expect(heard.filter(Boolean)).toEqual([true]);
});

test('hearsay about its address, or an address that works better than its claim, makes no clone of a node', () => {
  const witness = new Witness();
  const root = at(9);
  const { hints } = witness;
  for (let turn = 0; turn < 8; turn += 1) {
    expect(witness.hear(at(1))).toBe(false);
    for (let failure = 0; failure < 3; failure += 1) hints.failed(at(1));
    if (turn % 2 === 0) hints.hear(root);
    else hints.succeeded(root);
    expect(hints.get(root.id)?.address).toBe(root.address);
  }
  expect(witness.alarming).toEqual([]);
});

test('what is remembered is bounded', () => {
  const witness = new Witness();
  for (let round = 0; round < 6; round += 1)
    for (let number = 2; number < 200; number += 1) witness.hear(at(1 + (round % 2), peer(number)), 1);
  expect(witness.alarming.length).toBeLessThanOrEqual(64);
});
