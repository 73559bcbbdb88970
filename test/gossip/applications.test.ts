/** Applications' requests and modules' events, seen from the protocol: who takes what, when it waits, and that an update loses nothing of it. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_WAITING_REQUESTS, REQUEST_WAIT_MS } from '../../src/gossip/applications.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { MAX_OPEN_REQUESTS } from '../../src/sdk/limits.ts';
import { Network } from '../support/network.ts';
import type { TestInstance, TestNode } from '../support/network.ts';
import { code, peer, record } from '../support/records.ts';

const MODULE = 'words' as ModuleName;

class Bench {
  readonly network: Network;
  readonly node: TestNode;
  /** What came of each word that was asked for, in order; '' while nothing did. */
  readonly outcomes: { readonly word: string; outcome: string }[] = [];

  constructor(runs = true) {
    const network = new Network({ runs: () => runs });
    this.network = network;
    this.node = network.add(peer(1, 'a')).start();
  }

  deploy(sequence: number, label = 'plain', scrub = false): void {
    this.node.inject(record(sequence, { module: MODULE, code: code(`${label}${sequence}`), scrub }));
  }

  ask(word: string, module = MODULE): void {
    const asked = { word, outcome: '' };
    this.outcomes.push(asked);
    this.node.request(module, word, (outcome) => {
      if (asked.outcome !== '') throw new Error('it was answered twice');
      asked.outcome = outcome;
    });
  }

  get instance(): TestInstance {
    const running = this.node.running(MODULE);
    if (running === undefined) throw new Error('nothing runs');
    return running.instance;
  }

  /** Of how many nothing came, and of how many what came. */
  get sums(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(Object.groupBy(this.outcomes, ({ outcome }) => outcome)).map(([outcome, all]) => [outcome, all?.length ?? 0]),
    );
  }
}

function started(label = 'plain'): Bench {
  const bench = new Bench();
  bench.deploy(1, label);
  bench.network.run(100);
  return bench;
}

test('a request is answered by the instance that runs', () => {
  const bench = started();
  bench.ask('hello');
  bench.network.run(10);
  expect(bench.sums).toEqual({ answered: 1 });
  expect(bench.instance.words).toContain('hello');
});

test('a module that nobody deployed is not known; one that may not run here is absent', () => {
  const bench = started();
  bench.ask('hello', 'nobody' as ModuleName);
  const without = new Bench(false);
  without.deploy(1);
  without.network.run(100);
  without.ask('hello');
  expect([bench.sums, without.sums]).toEqual([{ GOSSIP_E_MODULE_UNKNOWN: 1 }, { GOSSIP_E_MODULE_ABSENT: 1 }]);
});

test('what is asked while the first instance starts waits for it', () => {
  const bench = new Bench();
  bench.deploy(1);
  bench.ask('early');
  expect(bench.sums).toEqual({ '': 1 });
  bench.network.run(100);
  expect(bench.sums).toEqual({ answered: 1 });
});

test('what was answered before an update is in the state that the new instance takes, however late the answer came', () => {
  const bench = started();
  bench.instance.answersAfterMs = 400;
  bench.ask('slow');
  bench.network.run(10);
  bench.deploy(2);
  bench.network.run(100);
  // The old instance goes on until it has answered, and takes nothing new.
  bench.ask('meanwhile');
  expect([bench.sums, bench.instance.record.deployment.number.sequence]).toEqual([{ '': 2 }, 1]);
  bench.network.run(500);
  expect(bench.sums).toEqual({ answered: 2 });
  expect(bench.instance.record.deployment.number.sequence).toBe(2);
  expect([...bench.instance.words]).toEqual(expect.arrayContaining(['slow', 'meanwhile']));
});

test('whatever moment of an update a word is asked in, the new instance has it', () => {
  const bench = started();
  bench.deploy(2);
  for (let ms = 0; ms < 200; ms += 1) {
    bench.ask(`word${ms}`);
    bench.network.run(1);
  }
  expect(bench.instance.record.deployment.number.sequence).toBe(2);
  bench.network.run(100);
  expect(bench.sums).toEqual({ answered: 200 });
  expect(bench.outcomes.map(({ word }) => word).filter((word) => !bench.instance.words.has(word))).toEqual([]);
});

test('peers are answered while the old instance finishes what it was asked', () => {
  const bench = started();
  const other = bench.network.add(peer(2, 'b')).start([bench.node.peer]);
  // Or it would hear of the update at once.
  bench.node.unheardBy.add('b');
  bench.network.run(5_000);
  bench.instance.answersAfterMs = 2_000;
  bench.ask('slow');
  bench.network.run(10);
  bench.deploy(2);
  bench.network.run(50);
  other.exchange(MODULE, bench.node.peer);
  bench.network.run(50);
  expect(other.replies).toContain('answer');
});

test.each([
  ['cannot take the state', 'rejecting'],
  ['cannot start', 'throwing'],
  ['does not load', 'broken'],
])('where the new instance %s, what waited is answered by the old one', (_, label) => {
  const bench = started();
  bench.deploy(2, label);
  for (let at = 0; at < 50; at += 1) {
    bench.ask(`word${at}`);
    bench.network.run(2);
  }
  bench.network.run(100);
  expect(bench.sums).toEqual({ answered: 50 });
  expect(bench.instance.words.size).toBeGreaterThanOrEqual(51);
});

test('a scrub answers what was asked before it, and throws it away', () => {
  const bench = started();
  bench.instance.answersAfterMs = 100;
  bench.ask('old');
  bench.network.run(1);
  bench.deploy(2, 'plain', true);
  bench.network.run(500);
  expect(bench.sums).toEqual({ answered: 1 });
  expect(bench.instance.words).not.toContain('old');
});

test('so many are open at once, so many wait, and one more is told that the node is busy', () => {
  const bench = started();
  bench.instance.answersAfterMs = 1_000;
  for (let count = 0; count < MAX_OPEN_REQUESTS + MAX_WAITING_REQUESTS + 1; count += 1) bench.ask(`word${count}`);
  expect(bench.sums).toEqual({ '': MAX_OPEN_REQUESTS + MAX_WAITING_REQUESTS, GOSSIP_E_BUSY: 1 });
  bench.network.run(6_000);
  expect(bench.sums).toEqual({ answered: MAX_OPEN_REQUESTS + MAX_WAITING_REQUESTS, GOSSIP_E_BUSY: 1 });
});

test('nothing waits longer than it may for an instance', () => {
  const bench = started();
  bench.instance.answersAfterMs = 10 * REQUEST_WAIT_MS;
  for (let count = 0; count < MAX_OPEN_REQUESTS + 2; count += 1) bench.ask(`word${count}`);
  bench.network.run(REQUEST_WAIT_MS - 1);
  expect(bench.sums).toEqual({ '': MAX_OPEN_REQUESTS + 2 });
  bench.network.run(2);
  expect(bench.sums).toEqual({ '': MAX_OPEN_REQUESTS, GOSSIP_E_TIMEOUT: 2 });
});

test('where the instance dies, what it was asked fails, and what waits goes to the next one', () => {
  const bench = started();
  bench.instance.fail({ code: 'GOSSIP_E_MODULE_CRASH', message: 'it fell over' });
  bench.ask('while it pauses');
  bench.network.run(2_000);
  bench.ask('again');
  bench.network.run(100);
  expect(bench.outcomes.map(({ outcome }) => outcome)).toEqual(['GOSSIP_E_MODULE_ABSENT', 'answered']);
});

test('a removed module takes no request, and what waited hears so', () => {
  const bench = started();
  bench.node.inject(record(2, { module: MODULE, code: null }));
  bench.network.run(100);
  bench.ask('hello');
  expect(bench.sums).toEqual({ GOSSIP_E_MODULE_ABSENT: 1 });
});

test('events go out from whoever speaks for the module: never from an instance whose state was taken', () => {
  const bench = started();
  const old = bench.instance;
  old.publish({ topic: 'a', text: '1' });
  old.lingers = true;
  bench.deploy(2);
  bench.network.run(100);
  old.publish({ topic: 'a', text: '2' });
  bench.instance.publish({ topic: 'b', text: '3' });
  expect(bench.node.published).toEqual([
    { module: MODULE, topic: 'a', text: '1' },
    { module: MODULE, topic: 'b', text: '3' },
  ]);
});

test('through any number of updates every request is answered once, and every answered word is kept', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), answersAfterMs: fc.integer({ min: 0, max: 60 }) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 40 }) }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('deploy' as const), label: fc.constantFrom('plain', 'rejecting', 'throwing', 'broken') }),
      },
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const bench = started();
      let sequence = 1;
      for (const [at, step] of list.entries()) {
        if (step.do === 'wait') bench.network.run(step.ms);
        else if (step.do === 'deploy') bench.deploy((sequence += 1), step.label);
        else {
          const instance = bench.node.running(MODULE)?.instance;
          if (instance) instance.answersAfterMs = step.answersAfterMs;
          bench.ask(`word${at}`);
        }
      }
      bench.network.run(REQUEST_WAIT_MS);
      const asked = bench.outcomes.map(({ word }) => word);
      expect(bench.outcomes.filter(({ outcome }) => outcome !== 'answered')).toEqual([]);
      expect(asked.filter((word) => !bench.instance.words.has(word))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
