/** Attack A12: nine of ten peers serve garbage, and all of them say that they have the code. */
import { expect, test } from 'vitest';
import { ActiveView } from '../../src/gossip/active-view.ts';
import { CodeFetch } from '../../src/gossip/code-fetch.ts';
import { Hints } from '../../src/gossip/hints.ts';
import { Ports } from '../../src/gossip/ports.ts';
import { timingOf } from '../../src/gossip/timing.ts';
import type { Peer } from '../../src/model/names.ts';
import { code, peer, seeded } from '../support/records.ts';
import { mutant } from '../trust/mutant.ts';
import type { Mutation } from '../trust/mutant.ts';

const ENOUGH = 1_000;
const liars = Array.from({ length: 9 }, (_, index) => peer(index + 1));
const honest = peer(10, 'honest');
const garbage = { code: 'GOSSIP_E_CODE_MISMATCH', message: 'other bytes than were signed' } as const;

/** Whom a node asks, one after the other, until it has the code, pauses, or has asked often enough to say that it goes on for ever. */
function fetchAmongLiars(
  Fetch: typeof CodeFetch,
  rendezvous: readonly Peer[],
  seed: number,
): { got: boolean; paused: boolean; asked: string[] } {
  const ports = new Ports(timingOf(1_000), seeded(seed));
  const hints = new Hints(peer(99).id, rendezvous, ports.random);
  for (const liar of liars) hints.hear(liar);
  const end = { got: false, paused: false };
  const [ready, trouble] = [() => void (end.got = true), () => void (end.paused = true)];
  const fetch = new Fetch({ ports, hints, view: new ActiveView(hints, ports), self: peer(99).id, ready, trouble });
  const asked: string[] = [];
  ports.begin(0);
  for (const liar of liars) fetch.want(code('code1'), liar);
  while (!end.got && !end.paused && asked.length < ENOUGH) {
    for (const effect of ports.end()) {
      if (effect.type !== 'fetch-code') continue;
      asked.push(effect.from.name);
      if (effect.from.id === honest.id) fetch.fetched(effect.token);
      else fetch.failed(effect.token, garbage, liars);
    }
  }
  return { ...end, asked };
}

const seeds = Array.from({ length: 100 }, (_, index) => index + 1);

/** The product without one line of its defence. */
async function without(...mutations: readonly Mutation[]): Promise<typeof CodeFetch> {
  return (await mutant<{ CodeFetch: typeof CodeFetch }>('gossip/code-fetch.ts', ...mutations)).CodeFetch;
}

test('attack A12: the code is had all the same, for a rendezvous node is among the first three that are asked', () => {
  const outcomes = seeds.map((seed) => fetchAmongLiars(CodeFetch, [honest], seed));
  expect(outcomes.filter(({ got, asked }) => !got || asked.length > 3)).toEqual([]);
});

test('where only those are asked who say that they have it, attack A12 keeps a node from its code', async () => {
  const Told = await without({ in: 'CodeFetch.#source', drop: 'pickRendezvous()' }, { in: 'CodeFetch.#source', drop: 'pick()' });
  expect(seeds.filter((seed) => fetchAmongLiars(Told, [honest], seed).got)).toEqual([]);
});

test('attack A12: while everybody lies, each is asked once and then there is a pause', () => {
  for (const { got, paused, asked } of seeds.map((seed) => fetchAmongLiars(CodeFetch, [], seed))) {
    expect({ got, paused, asked: asked.length, different: new Set(asked).size }).toEqual({
      got: false,
      paused: true,
      asked: 8,
      different: 8,
    });
  }
});

test('without the negative cache, attack A12 has a node ask the same liars for ever and without a pause', async () => {
  const { got, paused, asked } = fetchAmongLiars(await without({ in: 'CodeFetch', drop: ['asked', 'add()'] }), [], 1);
  expect({ got, paused, asked: asked.length }).toEqual({ got: false, paused: false, asked: ENOUGH });
});
