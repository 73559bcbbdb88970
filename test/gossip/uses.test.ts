/** Modules that ask each other, seen from the protocol: who may ask, how long it waits, and that no update waits for a circle. */
import { expect, test } from 'vitest';
import { REQUEST_WAIT_MS } from '../../src/gossip/applications.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { REQUEST_MS, START_USE_MS, USE_MS } from '../../src/sdk/limits.ts';
import { Network } from '../support/network.ts';
import type { TestInstance, TestNode } from '../support/network.ts';
import { code, peer, record } from '../support/records.ts';

const [A, B] = ['a', 'b'] as ModuleName[] as [ModuleName, ModuleName];

class Bench {
  readonly network = new Network({ runs: () => true });
  readonly node: TestNode = this.network.add(peer(1, 'a')).start();
  readonly outcomes: string[] = [];

  deploy(module: ModuleName, sequence: number, label = 'plain'): this {
    this.node.inject(record(sequence, { module, code: code(`${label}${module}${sequence}`) }));
    return this;
  }

  run(ms: number): this {
    this.network.run(ms);
    return this;
  }

  /** The outcome takes the place of ''. */
  ask(module: ModuleName, by: { readonly module: ModuleName; readonly generation: number; readonly waitMs?: number } | null = null): void {
    const place = this.outcomes.push('') - 1;
    const told = (outcome: string): void => {
      if (this.outcomes[place] !== '') throw new Error('it was answered twice');
      this.outcomes[place] = outcome;
    };
    this.node.request(module, `word${place}`, told, by === null ? undefined : { waitMs: USE_MS, ...by });
  }

  instance(module: ModuleName): TestInstance {
    return this.#running(module).instance;
  }

  asker(module: ModuleName, waitMs = USE_MS): { module: ModuleName; generation: number; waitMs: number } {
    return { module, generation: this.#running(module).generation, waitMs };
  }

  sequence(module: ModuleName): number {
    return this.instance(module).record.deployment.number.sequence;
  }

  #running(module: ModuleName): { generation: number; instance: TestInstance } {
    const running = this.node.running(module);
    if (running === undefined) throw new Error(`${module} does not run`);
    return running;
  }
}

function started(): Bench {
  return new Bench().deploy(A, 1).deploy(B, 2).run(200);
}

test('a module asks another one, and waits while that is being updated', () => {
  const bench = started();
  bench.instance(B).answersAfterMs = 400;
  bench.ask(B);
  bench.run(10).deploy(B, 3).run(100);
  bench.ask(B, bench.asker(A));
  expect([bench.outcomes, bench.sequence(B)]).toEqual([['', ''], 2]);
  bench.run(600);
  expect([bench.outcomes, bench.sequence(B)]).toEqual([['answered', 'answered'], 3]);
});

test('an instance asks until its state is taken, and not after: what it learned then would be lost', () => {
  const bench = started();
  const old = bench.asker(A);
  bench.instance(A).answersAfterMs = 400;
  bench.ask(A);
  bench.run(10).deploy(A, 3).run(100);
  // It is being drained: what it asks now, it may need for its answer.
  bench.ask(B, old);
  bench.run(600);
  bench.ask(B, old);
  expect([bench.outcomes, bench.sequence(A)]).toEqual([['answered', 'answered', 'GOSSIP_E_MODULE_ABSENT'], 3]);
});

test('nothing waits longer than it said, however long others wait before it', () => {
  const bench = started();
  bench.instance(B).answersAfterMs = 4_000;
  bench.ask(B);
  bench.run(10).deploy(B, 3).run(50);
  bench.ask(B);
  bench.ask(B, bench.asker(A, 300));
  bench.run(299);
  expect(bench.outcomes).toEqual(['', '', '']);
  bench.run(2);
  expect(bench.outcomes).toEqual(['', '', 'GOSSIP_E_TIMEOUT']);
  bench.run(5_000);
  expect(bench.outcomes).toEqual(['answered', 'answered', 'GOSSIP_E_TIMEOUT']);
});

test('two modules that wait for each other in their starts hear in time that nobody answers, and both can start', () => {
  const { generation } = started().asker(A);
  const bench = new Bench().deploy(A, 1, 'dawdling').deploy(B, 2, 'dawdling').run(200);
  bench.ask(B, { module: A, generation });
  bench.ask(A, { module: B, generation });
  bench.run(START_USE_MS - 1);
  expect(bench.outcomes).toEqual(['', '']);
  bench.run(2);
  expect(bench.outcomes).toEqual(['GOSSIP_E_TIMEOUT', 'GOSSIP_E_TIMEOUT']);
  bench.run(2_000);
  bench.ask(B, bench.asker(A));
  bench.run(10);
  expect(bench.outcomes).toContain('answered');
});

test.each([
  ['the one that was asked first', A],
  ['the other one', B],
])('modules that wait for each other hold up no update of %s for longer than a request takes', (_, updated) => {
  const bench = started();
  bench.instance(A).asks = B;
  bench.instance(B).asks = A;
  bench.ask(A);
  bench.run(20).deploy(updated, 3).run(50);
  expect([bench.outcomes, bench.sequence(updated)]).toEqual([[''], updated === A ? 1 : 2]);
  bench.run(REQUEST_MS + 500);
  expect(bench.sequence(updated)).toBe(3);
  expect(bench.outcomes).not.toContain('');
  // And nothing of it is left.
  bench.run(REQUEST_WAIT_MS);
  for (const module of [A, B]) bench.instance(module).asks = null;
  bench.ask(A);
  bench.ask(B);
  bench.run(50);
  expect(bench.outcomes.slice(1)).toEqual(['answered', 'answered']);
});
