/** The simulated network does to messages what networks do, and each request has exactly one outcome. */
import { expect, test } from 'vitest';
import type { Address, NodeId, Peer } from '../../src/model/names.ts';
import { Network } from '../../src/sim/world/network.ts';
import type { Outcome, Weather } from '../../src/sim/world/network.ts';
import { Random } from '../../src/sdk/virtual/random.ts';
import { Scheduler } from '../../src/sdk/virtual/scheduler.ts';

const [a, b] = [1, 2].map((number) => peer(number)) as [Peer, Peer];

function peer(number: number): Peer {
  return { id: String(number).repeat(64) as NodeId, address: `10.0.0.${number}:7946` as Address, name: `node${number}` };
}

/** Sends `count` requests from a to b, which echoes them, and returns what came of them. */
async function exchange({
  weather,
  count = 1,
  to = b,
  up = true,
  refuses = false,
  prepare,
}: {
  weather?: Partial<Weather>;
  count?: number;
  to?: Peer;
  up?: boolean;
  refuses?: boolean;
  prepare?: (network: Network<number, number>, scheduler: Scheduler) => void;
} = {}): Promise<{ outcomes: (Outcome<number> | undefined)[][]; received: number[] }> {
  const scheduler = new Scheduler();
  const network = new Network<number, number>(scheduler, new Random('seed 1'));
  const received: number[] = [];
  Object.assign(network.weather, weather);
  network.attach({
    peer: b,
    up,
    refuses,
    receive: (_, request, respond) => {
      received.push(request);
      respond(request);
    },
  });
  prepare?.(network, scheduler);
  const outcomes = Array.from({ length: count }, (): Outcome<number>[] => []);
  for (let request = 0; request < count; request += 1)
    network.request(a, to, request, 1_000, (outcome) => outcomes[request]?.push(outcome));
  await scheduler.run(5_000);
  return { outcomes, received };
}

const code = ([outcome]: (Outcome<number> | undefined)[]): string => (outcome && 'failure' in outcome ? outcome.failure.code : 'answered');

test('a request is carried there and its answer back', async () => {
  expect(await exchange()).toEqual({ outcomes: [[{ answer: 0 }]], received: [0] });
});

test('somebody between two nodes changes what passes, or keeps it, until his end', async () => {
  const halved = {
    request: (request: number) => (request % 2 === 0 ? 10 * request : null),
    answer: (answer: number) => (answer < 40 ? -answer : null),
  };
  const between = await exchange({ count: 5, prepare: (network) => void network.intercept(halved) });
  expect(between.received.toSorted((x, y) => x - y)).toEqual([0, 20, 40]);
  expect(between.outcomes.map(([outcome]) => (outcome && 'answer' in outcome ? outcome.answer : 'none'))).toEqual([
    -0,
    'none',
    -20,
    'none',
    'none',
  ]);
  expect(await exchange({ prepare: (network) => network.intercept(halved)() })).toEqual({ outcomes: [[{ answer: 0 }]], received: [0] });
});

test('losses take about their share, on both ways, and end as timeouts', async () => {
  const { outcomes, received } = await exchange({ weather: { loss: 0.3 }, count: 2_000 });
  expect(outcomes.every((each) => each.length === 1)).toBe(true);
  const failed = outcomes.filter((each) => code(each) === 'GOSSIP_E_TIMEOUT').length;
  expect(Math.abs(failed - 600)).toBeLessThan(80);
  expect(Math.abs(2_000 - received.length - 300)).toBeLessThan(60);
});

test('a duplicated request arrives twice and has one outcome', async () => {
  const { outcomes, received } = await exchange({ weather: { duplication: 1 } });
  expect(received).toEqual([0, 0]);
  expect(outcomes).toEqual([[{ answer: 0 }]]);
});

test('unequal delays reorder', async () => {
  const { received } = await exchange({ weather: { delayMs: { min: 1, max: 500 } }, count: 50 });
  expect(received).not.toEqual(received.toSorted((x, y) => x - y));
  expect(received.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, request) => request));
});

test('where only the process is gone the machine says so, at once', async () => {
  expect((await exchange({ up: false, refuses: true })).outcomes.map(code)).toEqual(['GOSSIP_E_NOT_LISTENING']);
});

test('whoever called a process lately hears when it ends, once, and nothing through a cut', async () => {
  const heard = async (wait: number, cut: boolean): Promise<string[]> => {
    const lost: string[] = [];
    const prepare = (network: Network<number, number>, scheduler: Scheduler): void => {
      for (const caller of [a, peer(3)])
        network.attach({ peer: caller, up: true, receive: () => {}, lost: (id) => lost.push(`${caller.name} lost ${id.slice(0, 1)}`) });
      scheduler.after(wait, () => {
        if (cut) network.block(() => true);
        network.ended(b);
        network.ended(b);
      });
    };
    await exchange({ prepare });
    return lost;
  };
  expect(await heard(1_000, false)).toEqual(['node1 lost 2']);
  expect(await heard(1_000, true)).toEqual([]);
  expect(await heard(0, false)).toEqual([]);
});

test('nodes that are down or unknown time out, and another node at the address is not taken for the one meant', async () => {
  expect((await exchange({ up: false })).outcomes.map(code)).toEqual(['GOSSIP_E_TIMEOUT']);
  expect((await exchange({ to: peer(3) })).outcomes.map(code)).toEqual(['GOSSIP_E_TIMEOUT']);
  const stranger = { ...peer(3), address: b.address };
  const { outcomes, received } = await exchange({ to: stranger });
  expect(outcomes.map(code)).toEqual(['GOSSIP_E_IDENTITY']);
  expect(received).toEqual([]);
});

test('a partition holds back what is under way too, until it heals', async () => {
  const torn = await exchange({ prepare: (network) => network.separate(() => true) });
  expect([torn.outcomes.map(code), torn.received]).toEqual([['GOSSIP_E_TIMEOUT'], []]);
  const during = await exchange({
    weather: { delayMs: { min: 10, max: 10 } },
    prepare: (network, scheduler) => scheduler.after(5, () => network.separate(() => true)),
  });
  expect(during.received).toEqual([]);
  const answerLost = await exchange({ prepare: (network) => network.separate((from) => from === b.id) });
  expect([answerLost.outcomes.map(code), answerLost.received]).toEqual([['GOSSIP_E_TIMEOUT'], [0]]);
  const healed = await exchange({
    prepare: (network) => {
      network.separate(() => true);
      network.separate();
    },
  });
  expect(healed.outcomes.map(code)).toEqual(['answered']);
});
