import { describe, expect, test } from 'vitest';
import type { Checkpoint, EffectOf, GossipEffect, GossipEvent, Note } from '../../src/gossip/protocol.ts';
import { GossipNode } from '../../src/gossip/node.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { code, peer, record, seeded } from '../support/records.ts';
import { stateOf, textOf } from '../../src/model/state-bytes.ts';

const MODULE = 'membership' as ModuleName;
const INTERVAL_MS = 1_000;
const FAILURE = { code: 'GOSSIP_E_MODULE_CRASH', message: 'it fell over' } as const;
const WITHHELD = { code: 'GOSSIP_E_MODULE_STATE', message: 'Error: x' } as const;
const other = peer(2);

/** One node whose outside world is the test: it sees every effect on a module and plays every outcome. */
class Bench {
  readonly node: GossipNode;
  runs: boolean;
  now = 0;
  #timers: { at: number; token: number }[] = [];
  #fetches: number[] = [];
  #token = 1_000_000;
  #effects: GossipEffect[] = [];
  readonly #notes: Note[] = [];
  readonly persisted: EffectOf<'persist-checkpoint'>[] = [];

  constructor(records: readonly VerifiedDeployment[] = [], runs = true, intervalMs = INTERVAL_MS) {
    this.runs = runs;
    this.node = new GossipNode({
      self: peer(1),
      incarnation: 1,
      rendezvous: [other],
      runs: () => this.runs,
      records,
      hints: [],
      intervalMs,
      random: seeded(1),
    });
    this.handle({ type: 'start' });
  }

  handle(event: GossipEvent): this {
    for (const effect of this.node.handle(event, this.now)) {
      this.#effects.push(effect);
      if (effect.type === 'persist-checkpoint') this.persisted.push(effect);
      if (effect.type === 'note') this.#notes.push(effect.note);
      if (effect.type === 'timer') this.#timers.push(effect);
      if (effect.type === 'fetch-code') this.#fetches.push(effect.token);
    }
    return this;
  }

  /** What was done to the module since the last look: effects on instances and state, as words. */
  seen(): string[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects.flatMap((effect) => {
      if (effect.type === 'fetch-code') return `fetch ${effect.code.version}`;
      if (effect.type === 'persist-checkpoint') return `persist ${textOf(effect.checkpoint.state)}`;
      if (!('module' in effect) || effect.type === 'module-reply' || effect.type === 'deliver') return [];
      return 'generation' in effect ? `${effect.type} ${effect.generation}` : effect.type;
    });
  }

  /** What was noted of this event, from the start. */
  notes(event: Note['event']): Note[] {
    return this.#notes.filter((note) => note.event === event);
  }

  deploy(...records: VerifiedDeployment[]): this {
    for (const made of records) {
      this.handle({ type: 'inject', token: (this.#token += 1), record: made });
      this.handle({ type: 'persisted', token: this.#token, refusal: null });
    }
    return this;
  }

  /** A peer tells of records: their code is not here. */
  hear(...records: VerifiedDeployment[]): this {
    const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records, peers: [] } as const;
    return this.handle({ type: 'request', token: (this.#token += 1), from: other, message });
  }

  fetched(): this {
    const token = this.#fetches.pop();
    return token === undefined ? this : this.handle({ type: 'code-fetched', token });
  }

  loaded(generation: number): this {
    return this.handle({ type: 'instance-loaded', module: MODULE, generation });
  }
  accepted(generation: number): this {
    return this.handle({ type: 'instance-accepted', module: MODULE, generation });
  }
  active(generation: number): this {
    return this.handle({ type: 'instance-active', module: MODULE, generation });
  }
  failed(generation: number, failure: Extract<GossipEvent, { type: 'instance-failed' }>['failure'] = FAILURE): this {
    return this.handle({ type: 'instance-failed', module: MODULE, generation, failure });
  }
  taken(generation: number, state: string | null): this {
    return this.handle({
      type: 'state-taken',
      module: MODULE,
      generation,
      taken: state === null ? { failure: WITHHELD } : { state: stateOf(state) },
    });
  }
  checkpoint(checkpoint: Checkpoint | null, ageMs = 0): this {
    return this.handle({ type: 'checkpoint-loaded', module: MODULE, checkpoint, ageMs });
  }

  /** Lets time pass; timers fire in order. */
  pass(durationMs: number): this {
    const end = this.now + durationMs;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.now = Math.max(this.now, due.at);
      this.handle({ type: 'timer', token: due.token });
    }
    this.now = end;
    return this;
  }

  /** A first deployment that runs as generation 1. */
  running(): this {
    this.deploy(record(1)).loaded(1).checkpoint(null).active(1).seen();
    return this;
  }

  get view() {
    return this.node.view(this.now).modules[0];
  }
}

const of = (made: VerifiedDeployment, state: string, stateEpoch: Checkpoint['stateEpoch'] = null): Checkpoint => ({
  deployment: made.hash,
  stateEpoch,
  state: stateOf(state),
});

describe('an update', () => {
  test('that scrubs takes nothing from an old deployment that began in its epoch meanwhile', () => {
    const scrub = record(2, { scrub: true });
    const bench = new Bench().running().failed(1).hear(scrub).pass(INTERVAL_MS);
    bench.loaded(2).checkpoint(null).active(2).fetched().loaded(3);
    expect(bench.view).toMatchObject({ running: record(1), stateEpoch: scrub.hash });
    expect(bench.seen()).not.toContain('take-state 2');
    expect(bench.active(3).view).toMatchObject({ state: 'running', running: scrub });
  });

  test('behind a scrub takes nothing from an old deployment that began in its epoch meanwhile, and that leaves nothing on the disk', () => {
    const [scrub, next] = [record(2, { scrub: true }), record(3)];
    const bench = new Bench().running().failed(1).hear(scrub, next).pass(INTERVAL_MS);
    bench
      .loaded(2)
      .checkpoint(null)
      .active(2)
      .pass(10 * INTERVAL_MS)
      .taken(2, 'gathered by old code');
    expect(bench.view).toMatchObject({ running: record(1), stateEpoch: scrub.hash, isOutdated: true });
    expect(bench.seen().filter((what) => what.startsWith('persist'))).toEqual([]);
    expect(bench.fetched().loaded(3).seen()).toEqual(['start-instance 3', 'activate 3']);
    expect(bench.active(3).view).toMatchObject({ state: 'running', running: next, isOutdated: false });
  });

  test('to an old deployment in a later epoch keeps the checkpoint from before, which tells a restarted core what ran', () => {
    const records = [record(1), record(2, { scrub: true }), record(3)];
    const before = of(record(1), 'from before the scrub');
    const bench = new Bench()
      .running()
      .failed(1)
      .hear(...records.slice(1))
      .pass(INTERVAL_MS);
    bench.loaded(2).checkpoint(before).active(2);
    expect(bench.seen()).not.toContain('drop-checkpoint');
    const restarted = new Bench(records).failed(1).checkpoint(before);
    restarted.loaded(2).checkpoint(before).active(2);
    expect(restarted.view).toMatchObject({ running: record(1), isOutdated: true });
    expect(restarted.seen().filter((what) => what.startsWith('accept') || what.startsWith('drop'))).toEqual([]);
  });

  test('that scrubs goes its way all the same', () => {
    const bench = new Bench()
      .running()
      .deploy(record(2))
      .loaded(2)
      .taken(1, null)
      .deploy(record(3, { scrub: true }));
    expect(bench.loaded(3).active(3).view).toMatchObject({ state: 'running', running: record(3, { scrub: true }) });
  });

  test('takes the last checkpoint when the old instance dies while it is asked, and says how old that is', () => {
    const bench = new Bench().running().deploy(record(2)).loaded(2).failed(1);
    expect(bench.seen()).toEqual(['start-instance 2', 'take-state 1', 'load-checkpoint']);
    bench
      .checkpoint(of(record(1), 'saved'), 4_000)
      .accepted(2)
      .active(2);
    expect(bench.view).toMatchObject({ state: 'running', running: record(2), health: { restoredFromMs: 4_000 } });
    expect(bench.notes('state-restored')).toEqual([{ event: 'state-restored', module: MODULE, deployment: 'd2', ageMs: 4_000 }]);
    bench.deploy(record(3)).loaded(3).taken(2, 'live').accepted(3).active(3);
    expect(bench.view?.health?.restoredFromMs).toBeNull();
  });

  test('is abandoned for a newer one, and the old instance goes on meanwhile', () => {
    const bench = new Bench().running().deploy(record(2)).loaded(2);
    bench.seen();
    expect(bench.deploy(record(3)).seen()).toEqual(['stop-instance 2', 'start-instance 3']);
    expect(bench.taken(1, 'for nobody').seen()).toEqual([]);
    expect(bench.loaded(2).accepted(2).active(2).failed(2).seen()).toEqual([]);
    expect(bench.loaded(3).seen()).toEqual(['take-state 1']);
    expect(bench.taken(1, 'state').accepted(3).active(3).seen()).toEqual([
      'accept-state 3',
      'activate 3',
      'stop-instance 1',
      'persist state',
    ]);
  });

  test('is not abandoned once it may speak: a newer one waits for its outcome (law 1)', () => {
    const bench = new Bench().running().deploy(record(2)).loaded(2).taken(1, 'state').accepted(2);
    bench.seen();
    expect(bench.deploy(record(3)).seen()).toEqual([]);
    expect(bench.active(2).seen()).toEqual(['stop-instance 1', 'persist state', 'start-instance 3']);
    expect(bench.view).toMatchObject({ state: 'updating', running: record(2) });
  });

  test('that may have spoken and had to stop for a scrub is the last that ran: nothing lower runs after it (law 1)', () => {
    const bench = new Bench().running().deploy(record(2)).loaded(2).taken(1, 'state').accepted(2);
    bench
      .hear(record(3, { scrub: true }))
      .failed(1)
      .pass(10 * INTERVAL_MS);
    const started = bench.seen().filter((line) => line.startsWith('start-instance'));
    expect(started).toEqual(['start-instance 2', 'start-instance 3']);
    expect(bench.loaded(3).checkpoint(null).active(3).view?.running).toBe(record(2));
  });
});

describe('held', () => {
  test.each([
    ['load', (bench: Bench) => bench.failed(2)],
    ['accept', (bench: Bench) => bench.loaded(2).taken(1, 'state').failed(2)],
    ['start', (bench: Bench) => bench.loaded(2).taken(1, 'state').accepted(2).failed(2)],
  ])('the old instance goes on when the new one cannot %s, and it is tried again', (_, fail) => {
    const bench = fail(new Bench().running().deploy(record(2)));
    expect(bench.view).toMatchObject({ state: 'held', generation: 1, running: record(1), why: FAILURE });
    expect(bench.seen()).not.toContain('stop-instance 1');
    expect(bench.pass(INTERVAL_MS).seen()).toContain('start-instance 3');
    expect(bench.view).toMatchObject({ state: 'held', restarts: 1 });
    bench.loaded(3).taken(1, 'state').accepted(3).active(3);
    expect(bench.view).toMatchObject({ state: 'running', running: record(2), why: null });
  });

  test('pauses double, then the breaker leaves long ones', () => {
    const bench = new Bench().running().deploy(record(2));
    const starts: number[] = [];
    // An end in time, so that a deployment that is never tried again fails this test, and does not hang it.
    for (let generation = 2; starts.length < 7 && bench.now < 300 * INTERVAL_MS; bench.pass(100)) {
      if (!bench.seen().includes(`start-instance ${generation}`)) continue;
      starts.push(bench.now);
      bench.failed(generation);
      generation += 1;
    }
    const pauses = starts.slice(1).map((at, index) => Math.round((at - (starts[index] ?? 0)) / INTERVAL_MS));
    expect(pauses).toEqual([1, 2, 4, 8, 60, 60]);
  });

  test('an old instance that crashes meanwhile is restarted from its checkpoint', () => {
    const bench = new Bench().running().deploy(record(2)).failed(2).failed(1);
    bench.seen();
    expect(bench.view).toMatchObject({ state: 'failed', running: null });
    bench.pass(INTERVAL_MS);
    // Both pauses end together: the newest is tried first, then the one that ran.
    expect(bench.seen()).toEqual(['start-instance 3']);
    expect(bench.failed(3).seen()).toEqual(['start-instance 4']);
    bench
      .loaded(4)
      .checkpoint(of(record(1), 'saved'))
      .accepted(4)
      .active(4);
    expect(bench.view).toMatchObject({ state: 'held', running: record(1) });
  });

  test('after a restart of the core, the deployment that wrote the checkpoint runs while the newest cannot', () => {
    const bench = new Bench([record(1), record(2)]);
    expect(bench.failed(1).seen()).toEqual(['start-instance 1', 'load-checkpoint']);
    expect(bench.checkpoint(of(record(1), 'saved')).seen()).toEqual(['start-instance 2']);
    expect(
      bench
        .loaded(2)
        .checkpoint(of(record(1), 'saved'))
        .seen(),
    ).toEqual(['load-checkpoint', 'accept-state 2']);
  });
});

describe('a crash', () => {
  test('is counted for the deployment that was tried, not for those before', () => {
    const bench = new Bench().running();
    bench.failed(1).pass(INTERVAL_MS).loaded(2).checkpoint(null).active(2);
    expect(bench.view?.restarts).toBe(1);
    bench.deploy(record(3)).failed(3).pass(INTERVAL_MS).failed(4);
    expect(bench.view).toMatchObject({ state: 'held', running: record(1), restarts: 1 });
    bench.deploy(record(5));
    expect(bench.view?.restarts).toBe(0);
    bench.loaded(5).taken(2, 'checkpoint').taken(2, 'state').accepted(5).active(5);
    expect(bench.view).toMatchObject({ state: 'running', running: record(5), restarts: 0 });
  });

  test('in a loop opens the breaker; a new deployment closes it', () => {
    const bench = new Bench().running();
    let generation = 1;
    for (let crash = 0; crash < 5; crash += 1) {
      bench.failed(generation).pass(9 * INTERVAL_MS);
      if (crash === 4) break;
      generation += 1;
      bench.loaded(generation).checkpoint(null).active(generation);
    }
    bench.seen();
    expect(bench.pass(40 * INTERVAL_MS).seen()).toEqual([]);
    expect(bench.view).toMatchObject({ state: 'failed' });
    expect(bench.deploy(record(2)).seen()).toEqual([`start-instance ${generation + 1}`]);
  });

  test('opens the breaker also where a hang takes far longer to be found than a round', () => {
    const bench = new Bench([], true, 100).running();
    for (let generation = 1; generation < 5; generation += 1) {
      bench
        .pass(5_000)
        .failed(generation)
        .pass(2_000)
        .loaded(generation + 1)
        .checkpoint(null)
        .active(generation + 1);
    }
    bench.pass(5_000).failed(5).seen();
    expect(bench.pass(4_000).seen()).toEqual([]);
    expect(bench.view).toMatchObject({ state: 'failed' });
  });

  test('never goes back to a lower deployment, also when the newest crashes on and on (law 1)', () => {
    const bench = new Bench().running().deploy(record(2)).loaded(2).taken(1, 'state').accepted(2).active(2);
    for (let generation = 2; generation < 12; generation += 1) {
      bench
        .failed(generation)
        .pass(70 * INTERVAL_MS)
        .loaded(generation + 1)
        .checkpoint(of(record(2), 'state'))
        .accepted(generation + 1)
        .active(generation + 1);
      expect(bench.view?.running).toBe(record(2));
    }
  });
});

describe('state', () => {
  test('of another epoch is never given to an instance, whatever the disk holds (law 3)', () => {
    const bench = new Bench([record(1), record(2, { scrub: true })]).loaded(1);
    bench.seen();
    expect(bench.checkpoint(of(record(1), 'old')).seen()).toEqual(['activate 1']);
    expect(bench.active(1).seen()).toEqual(['drop-checkpoint']);
  });

  test('is saved after one round, then every five, one snapshot at a time', () => {
    const bench = new Bench().running();
    expect(bench.pass(1.5 * INTERVAL_MS).seen()).toEqual(['take-state 1']);
    expect(
      bench
        .taken(1, 'first')
        .pass(3 * INTERVAL_MS)
        .seen(),
    ).toEqual(['persist first']);
    expect(bench.pass(7 * INTERVAL_MS).seen()).toEqual(['take-state 1']);
    expect(bench.pass(7 * INTERVAL_MS).seen()).toEqual([]);
    expect(bench.taken(1, 'snapshot').seen()).toEqual(['persist snapshot']);
    expect(bench.pass(7 * INTERVAL_MS).seen()).toEqual(['take-state 1']);
  });

  test('that cannot be saved is told at once and once, long before an update, and so is its end', () => {
    const bench = new Bench().running();
    for (const state of [null, null, 'snapshot', 'snapshot']) bench.pass(7 * INTERVAL_MS).taken(1, state);
    expect(bench.notes('checkpoint')).toEqual([
      { event: 'checkpoint', module: MODULE, deployment: 'd1', why: WITHHELD },
      { event: 'checkpoint', module: MODULE, deployment: 'd1', why: null },
    ]);
    const savedAt = bench.now;
    bench.pass(7 * INTERVAL_MS).taken(1, null);
    expect(bench.view?.health?.checkpoint).toEqual({ at: savedAt, error: WITHHELD });
  });

  test('of an instance that crashed comes from its checkpoint, and its age is told', () => {
    const bench = new Bench().running().failed(1).pass(INTERVAL_MS).loaded(2);
    bench
      .checkpoint(of(record(1), 'saved'), 9_000)
      .accepted(2)
      .active(2);
    const { now } = bench;
    expect(bench.view).toMatchObject({ restarts: 1, health: { restoredFromMs: 9_000, checkpoint: { at: now - 9_000, error: null } } });
    expect(bench.persisted.at(-1)).toMatchObject({ checkpoint: { state: stateOf('saved') }, ageMs: 9_000 });
  });

  test('that was asked for as a checkpoint is not the one that is handed over', () => {
    const bench = new Bench()
      .running()
      .pass(7 * INTERVAL_MS)
      .deploy(record(2))
      .loaded(2);
    bench.seen();
    expect(bench.taken(1, 'earlier').seen()).toEqual(['persist earlier']);
    expect(bench.taken(1, 'later').accepted(2).active(2).seen()).toContain('persist later');
  });
});

describe('stopped', () => {
  test('a module that returns after its removal begins without state', () => {
    const removal = record(2, { code: null });
    const bench = new Bench().running().deploy(removal, record(3)).loaded(2);
    expect(bench.seen()).toEqual(['stop-instance 1', 'drop-checkpoint', 'start-instance 2', 'load-checkpoint']);
    expect(bench.checkpoint(of(record(1), 'old')).seen()).toEqual(['activate 2']);
  });

  test('a module that is not chosen to run here is carried, and not fetched or started', () => {
    const bench = new Bench([], false).hear(record(1));
    expect(bench.pass(20 * INTERVAL_MS).seen()).toEqual([]);
    expect(bench.view).toMatchObject({ state: 'stopped', newest: record(1), why: { code: 'GOSSIP_E_MODULE_ABSENT' } });
  });

  test('one that is chosen while the node runs is fetched and started; one that is chosen no more ends, and keeps its state', () => {
    const bench = new Bench([], false).hear(record(1));
    expect(bench.seen()).toEqual([]);
    bench.runs = true;
    expect(bench.handle({ type: 'modules-chosen' }).seen()).toEqual(['fetch code1']);
    const running = new Bench().running();
    running.runs = false;
    expect(running.handle({ type: 'modules-chosen' }).seen()).toEqual(['stop-instance 1']);
    expect(running.handle({ type: 'modules-chosen' }).seen()).toEqual([]);
  });
});

describe('code that was taken to be on disk', () => {
  test.each(['GOSSIP_E_CODE_ABSENT', 'GOSSIP_E_CODE_MISMATCH'] as const)('is fetched again after %s', (failure) => {
    const bench = new Bench([record(1)]);
    bench.failed(1, { code: failure, message: 'not as signed' }).checkpoint(null);
    expect(bench.seen()).toEqual(['start-instance 1', 'load-checkpoint', 'fetch code1']);
    expect(
      bench
        .fetched()
        .pass(2 * INTERVAL_MS)
        .seen(),
    ).toContain('start-instance 2');
  });

  test('is all that is in use: what runs, what should run, and the last ten of each module', () => {
    const records = Array.from({ length: 20 }, (_, index) => record(index + 1));
    expect(new Set(new Bench(records).node.codesInUse())).toEqual(
      new Set(records.slice(10).map(({ deployment }) => deployment.code?.hash)),
    );
    expect(code('code20').hash).toBe(records[19]?.deployment.code?.hash);
  });
});
