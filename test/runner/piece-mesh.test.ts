/** Pieces in a small mesh on a virtual clock: everybody gets everything, whoever lies is named, and nobody holds anybody up. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PieceSet } from '../../src/model/piece-set.ts';
import type { NodeId, Peer } from '../../src/model/names.ts';
import { PieceFetch } from '../../src/runner/piece-fetch.ts';
import type { PieceOutcome, PieceRequest } from '../../src/runner/piece-fetch.ts';
import { PieceServing } from '../../src/runner/piece-serving.ts';
import type { CodeFailed } from '../../src/runner/ports.ts';
import { Random } from '../../src/sdk/virtual/random.ts';
import { Scheduler } from '../../src/sdk/virtual/scheduler.ts';
import { code as codeNamed, peer } from '../support/records.ts';

const CODE = codeNamed('large').hash;
const PIECE_BYTES = 16_384;
const WAY_MS = 10;
/** For one piece. */
const SEND_MS = 5;

/** What a node does instead of its duty: sends wrong bytes; never answers; offers and then never gives; is of before. */
type Vice = 'lies' | 'silent' | 'withholds' | 'of before';

interface MeshNode {
  readonly peer: Peer;
  readonly have: PieceSet;
  readonly serving: PieceServing;
  readonly vice: Vice | null;
  ended: { readonly failed: CodeFailed | null; readonly wrong: readonly NodeId[] } | null;
  /** Pieces that it gave. */
  given: number;
}

class Mesh {
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly nodes: MeshNode[];
  readonly #count: number;

  constructor(seed: number, count: number, vices: readonly (Vice | null)[], seeds = 1) {
    this.random = new Random(`seed ${seed}`);
    this.#count = count;
    this.nodes = vices.map((vice, index) => {
      const have = index < seeds || vice !== null ? PieceSet.full(count) : new PieceSet(count);
      const serving = new PieceServing({
        now: () => this.scheduler.now,
        after: (ms, run) => this.scheduler.after(ms, run),
        random: this.random.next,
      });
      serving.open(CODE, have, PIECE_BYTES);
      return { peer: peer(index + 1), have, serving, vice, ended: null, given: 0 };
    });
  }

  async run(ms = 60_000): Promise<void> {
    for (const node of this.nodes) if (node.vice === null && !node.have.isFull) this.#begin(node);
    await this.scheduler.run(this.scheduler.now + ms);
  }

  #begin(node: MeshNode): void {
    const fetch: PieceFetch = new PieceFetch({
      self: node.peer.id,
      have: node.have,
      patienceMs: 1_000,
      now: () => this.scheduler.now,
      after: (ms, run) => this.scheduler.after(ms, run),
      random: this.random.next,
      ask: (request) => this.#ask(node, request, (outcome) => fetch.answered(request.token, outcome)),
      ended: (failed, wrong) => {
        node.ended = { failed, wrong };
      },
    });
    fetch.begin(this.random.sample(this.nodes, this.nodes.length).map((other) => other.peer));
  }

  #ask(asker: MeshNode, { to, get, lack, patienceMs }: PieceRequest, done: (outcome: PieceOutcome) => void): void {
    const target = this.nodes.find(({ peer: { id } }) => id === to.id) as MeshNode;
    let open = true;
    const answer = (outcome: PieceOutcome): void => {
      if (!open) return;
      open = false;
      done(outcome);
      if ('pieces' in outcome) for (const piece of outcome.pieces) asker.serving.arrived(CODE, piece);
    };
    const fail = (code: 'GOSSIP_E_TIMEOUT' | 'GOSSIP_E_NOT_FOUND' | 'GOSSIP_E_BUSY'): void =>
      answer({ failure: { code, message: code }, referrals: [] });
    this.scheduler.after(patienceMs, () => fail('GOSSIP_E_TIMEOUT'));
    this.scheduler.after(WAY_MS, () => {
      const { vice } = target;
      if (vice === 'silent' || (vice === 'withholds' && get.length > 0)) return;
      if (vice === 'of before') return this.scheduler.after(WAY_MS, () => fail('GOSSIP_E_NOT_FOUND'));
      // What is asked for crosses the network by value.
      const question = { get, lack: new PieceSet(this.#count, lack) };
      target.serving.ask(CODE, question, asker.peer.id, (said, sent) => {
        const pieces = said.kind === 'busy' ? [] : said.pieces;
        target.given += pieces.length;
        this.scheduler.after(SEND_MS * pieces.length, () => {
          sent();
          this.scheduler.after(WAY_MS, () => {
            if (said.kind === 'busy') return fail('GOSSIP_E_BUSY');
            const wrong = vice === 'lies' && pieces.length > 0;
            return answer({ pieces: wrong ? [] : pieces, offer: said.offer, wrong });
          });
        });
      });
    });
  }
}

const honest = (count: number): (Vice | null)[] => Array.from({ length: count }, () => null);
const ids = (nodes: readonly MeshNode[]): NodeId[] => nodes.map(({ peer: { id } }) => id);

test('everybody gets all pieces of the only node that has them, whose share of the work is small', async () => {
  const mesh = new Mesh(1, 100, honest(20));
  await mesh.run();
  expect(mesh.nodes.slice(1).map(({ ended }) => ended)).toEqual(Array.from({ length: 19 }, () => ({ failed: null, wrong: [] })));
  const [first] = mesh.nodes as [MeshNode];
  expect(first.given).toBeLessThan(4 * 100);
  const doubled = mesh.nodes.reduce((sum, { given }) => sum + given, 0) / (19 * 100);
  expect(doubled).toBeLessThan(1.1);
});

test('whatever liars, silent and withholding nodes are among them, all honest nodes get all, and only liars are named', async () => {
  const vices = fc.array(fc.constantFrom<Vice | null>('lies', 'silent', 'withholds', 'of before', null), { minLength: 2, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000), fc.integer({ min: 1, max: 60 }), vices, async (seed, count, others) => {
      const mesh = new Mesh(seed, count, [null, null, ...others]);
      await mesh.run();
      const liars = new Set(ids(mesh.nodes.filter(({ vice }) => vice === 'lies')));
      for (const { have, vice, ended } of mesh.nodes.slice(1)) {
        if (vice !== null || ended?.failed?.failure.code === 'GOSSIP_E_NOT_FOUND') continue;
        expect([have.isFull, ended?.failed]).toEqual([true, null]);
        expect(ended?.wrong.filter((id) => !liars.has(id))).toEqual([]);
      }
    }),
    // The first of those that have all was asked last, and the fetch ended before it could answer.
    { numRuns: 300, examples: [[976, 3, ['silent', null, 'withholds', 'silent', 'of before', 'lies', 'silent']]] },
  );
});

test('where the first source knows no pieces, and nobody gave one, that is said at once', async () => {
  const mesh = new Mesh(1, 10, ['of before', null], 0);
  const [, asker] = mesh.nodes as [MeshNode, MeshNode];
  await mesh.run(1_000);
  expect(asker.ended?.failed?.failure.code).toBe('GOSSIP_E_NOT_FOUND');
});

test('a source that offers again what it offered before is asked seldom', async () => {
  const scheduler = new Scheduler();
  let asked = 0;
  const fetch: PieceFetch = new PieceFetch({
    self: peer(1).id,
    have: new PieceSet(8),
    patienceMs: 1_000,
    now: () => scheduler.now,
    after: (ms, run) => scheduler.after(ms, run),
    random: () => 0.5,
    ask: ({ token }) => {
      asked += 1;
      scheduler.after(1, () => fetch.answered(token, { pieces: [], offer: [0], wrong: false }));
    },
    ended: () => undefined,
  });
  fetch.begin([peer(2)]);
  await scheduler.run(4_000);
  expect(asked).toBeLessThan(40);
});

test('where nobody has anything, a fetch ends with what was heard last', async () => {
  const mesh = new Mesh(1, 10, honest(4), 0);
  await mesh.run();
  for (const { ended } of mesh.nodes) expect(ended?.failed).not.toBeNull();
});

/** A node that serves; `pass`: time goes by. */
function server(have: PieceSet) {
  const scheduler = new Scheduler();
  const random = new Random('seed 1');
  const serving = new PieceServing({ now: () => scheduler.now, after: (ms, run) => scheduler.after(ms, run), random: random.next });
  serving.open(CODE, have, PIECE_BYTES);
  const said: string[] = [];
  const sent: (() => void)[] = [];
  const ask = (number: number, get: readonly number[], lack: readonly number[] = []): void =>
    serving.ask(CODE, { get, lack: new PieceSet(have.count, lack) }, peer(number).id, (answer, over) => {
      said.push(`${number} ${answer.kind === 'busy' ? 'busy' : `${answer.pieces.join('+')}/${answer.offer.join('+')}`}`);
      sent.push(over);
    });
  return { serving, said, sent, ask, pass: (ms: number) => scheduler.run(scheduler.now + ms) };
}

test('few answers are on their way at a time; the others wait for a place, not for long', async () => {
  const { said, sent, ask, pass } = server(PieceSet.full(8));
  for (let number = 1; number <= 6; number += 1) ask(number, [0]);
  expect(said).toEqual(['1 0/', '2 0/', '3 0/', '4 0/']);
  sent[0]?.();
  expect(said.at(-1)).toBe('5 0/');
  await pass(700);
  expect(said.at(-1)).toBe('6 busy');
});

test('receivers that take nothing, on purpose, keep their places for a bounded time', async () => {
  const { said, ask, pass } = server(PieceSet.full(8));
  for (let number = 1; number <= 4; number += 1) ask(number, [0]);
  await pass(1_300);
  for (let number = 5; number <= 12; number += 1) ask(number, [1]);
  expect(said.slice(4)).toEqual(['5 1/', '6 1/', '7 1/', '8 1/']);
});

test('of one peer two questions are open at a time', () => {
  const { said, ask } = server(new PieceSet(8));
  for (let times = 0; times < 3; times += 1) ask(1, [], [3]);
  expect(said).toEqual(['1 busy']);
});

test('nor does one such receiver get more than two places', () => {
  const { said, sent, ask } = server(PieceSet.full(8));
  for (let times = 0; times < 3; times += 1) ask(1, [times]);
  expect(said).toEqual(['1 0/', '1 1/', '1 busy']);
  sent[0]?.();
  ask(1, [2]);
  expect(said.at(-1)).toBe('1 2/');
});

test('who asks for nothing hears of a piece when it comes, or that none came', async () => {
  const have = new PieceSet(8);
  const { serving, said, ask, pass } = server(have);
  ask(1, [], [3]);
  ask(2, [], [4]);
  have.add(3);
  serving.arrived(CODE, 3);
  expect(said).toEqual(['1 /3']);
  await pass(700);
  expect(said).toEqual(['1 /3', '2 /']);
});

test('the only node that has a code gives each peer other pieces', () => {
  const { said, ask } = server(PieceSet.full(64));
  const all = Array.from({ length: 64 }, (_, piece) => piece);
  for (let number = 1; number <= 16; number += 1) ask(number, [], all);
  const offered = said.flatMap((line) => (line.split('/')[1] as string).split('+'));
  expect(new Set(offered).size).toBe(offered.length);
});
