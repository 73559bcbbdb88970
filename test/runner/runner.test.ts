/** One run of a node: its orderly end, and what comes of those who wait for it. */
import { expect, test } from 'vitest';
import type { ModuleReply, ModuleView } from '../../src/gossip/protocol.ts';
import type { ModuleName } from '../../src/model/names.ts';
import { Instances } from '../../src/runner/instances.ts';
import { NoteBook } from '../../src/gossip/note-book.ts';
import { Runner } from '../../src/runner/runner.ts';
import type { Host, RunnerPorts } from '../../src/runner/ports.ts';
import { stateOf, textOf } from '../../src/model/state-bytes.ts';
import type { StateBytes } from '../../src/model/state-bytes.ts';
import { MAX_OPEN_CALLS } from '../../src/sdk/limits.ts';
import { Network } from '../support/network.ts';
import { peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const view = { name: MODULE, generation: 1, stateEpoch: null, running: record(1) } as unknown as ModuleView;

const HOST: Host = {
  accept: (_, done) => done({ value: undefined }),
  activate: (done) => done({ value: undefined }),
  takeState: (done) => done({ value: stateOf('7') }),
  deliver: () => undefined,
  request: () => undefined,
  lost: () => undefined,
  stop: (_, done) => done(),
  end: (done) => done(),
};

interface World {
  readonly runner: Runner;
  readonly said: string[];
  /** Lets time pass: whatever was to come later comes now. */
  readonly pass: () => void;
}

/** A node with one instance; `host`: what is special about it. */
function world(host: Partial<Host> = {}, disk: Partial<RunnerPorts['disk']> = {}, shown: Partial<ModuleView> = {}): World {
  const said: string[] = [];
  const later: (() => void)[] = [];
  const usual: Host = {
    ...HOST,
    stop: (reason, done) => {
      said.push(`stop: ${reason}`);
      done();
    },
  };
  const runner = new Runner(
    {
      handle: (event) => (event.type === 'start' ? [{ type: 'start-instance', module: MODULE, generation: 1, record: record(1) }] : []),
      moduleViews: () => [{ ...view, ...shown }],
      records: () => [],
      steps: () => [],
      notes: new NoteBook(),
    },
    {
      clock: { now: () => 0, after: (_, run) => void later.push(run) },
      peers: { send: () => undefined, part: () => undefined },
      disk: {
        saveConfiguration: (_, done) => done(null),
        saveHints: (_, done) => done(null),
        saveCheckpoint: (_module, { state, deployment }, ageMs, done) => {
          said.push(`state ${textOf(state)} of ${deployment === record(1).hash ? 'd1' : deployment}, ${ageMs} ms old`);
          done(null);
        },
        dropCheckpoint: (_, done) => done(null),
        loadCheckpoint: (_, done) => done(null, 0),
        ...disk,
      },
      codes: { obtain: () => undefined, sweep: () => void said.push('sweep') },
      hosts: { start: () => ({ ...usual, ...host }) },
      audience: { publish: () => undefined },
      remarks: {
        note: () => undefined,
        disk: () => undefined,
        lastCheckpointFailed: (module, { code }) => void said.push(`no last state of ${module}: ${code}`),
      },
    },
    { intervalMs: 1_000 },
  );
  runner.start();
  return { runner, said, pass: () => later.splice(0).forEach((run) => run()) };
}

test('an orderly end keeps a last state of each instance, and then stops it', () => {
  const { runner, said } = world();
  runner.stop(() => said.push('over'));
  expect(said).toEqual(['state 7 of d1, 0 ms old', 'stop: shutdown', 'over']);
});

test('an orderly end keeps nothing of a fallback from before the scrub', () => {
  const { runner, said } = world({}, {}, { isOutdated: true });
  runner.stop(() => said.push('over'));
  expect(said).toEqual(['stop: shutdown', 'over']);
});

test.each([
  [
    'an instance that gives no state',
    { takeState: (done) => done({ failure: { code: 'GOSSIP_E_MODULE_STATE', message: '' } }) },
    {},
    'GOSSIP_E_MODULE_STATE',
  ],
  ['an instance that never answers', { takeState: () => undefined }, {}, 'GOSSIP_E_TIMEOUT'],
  [
    'a disk that refuses',
    {},
    { saveCheckpoint: (_module, _checkpoint, _age, done) => done({ code: 'GOSSIP_E_DISK', message: '' }) },
    'GOSSIP_E_DISK',
  ],
] as const satisfies readonly (readonly [string, Partial<Host>, Partial<RunnerPorts['disk']>, string])[])(
  '%s does not hold the end up, and it is said',
  (_, host, disk, code) => {
    const { runner, said, pass } = world(host, disk);
    runner.stop(() => said.push('over'));
    pass();
    expect(said.filter((line) => line !== 'sweep')).toEqual([`no last state of ${MODULE}: ${code}`, 'stop: shutdown', 'over']);
  },
);

test('the end waits for an instance that takes its time to end', () => {
  const ends: (() => void)[] = [];
  const { runner, said } = world({ stop: (_, done) => void ends.push(done) });
  runner.stop(() => said.push('over'));
  expect(said).toEqual(['state 7 of d1, 0 ms old']);
  for (const end of ends) end();
  expect(said.at(-1)).toBe('over');
});

test('whoever waits for an answer when a node ends hears that it stops; so does whoever asks later', () => {
  const { runner } = world();
  const message = { kind: 'configuration', digest: 'A'.repeat(22), summary: null, records: [], peers: [] } as const;
  const heard: unknown[] = [];
  const ask = (): void => {
    runner.ask(peer(2), message, null, (outcome) => heard.push(outcome));
    runner.inject(record(2), 'cluster', (answer) => heard.push(answer));
  };
  ask();
  expect(heard).toEqual([]);
  runner.stop(() => undefined);
  ask();
  const failure = { code: 'GOSSIP_E_STOPPING', message: 'the node is stopping' };
  expect(heard).toEqual([{ failure }, { outcome: 'refused', why: failure }, { failure }, { outcome: 'refused', why: failure }]);
});

test('code is swept now and then, until the end', () => {
  const { runner, said, pass } = world();
  pass();
  pass();
  expect(said).toEqual(['sweep', 'sweep']);
  runner.end();
  pass();
  expect(said).toEqual(['sweep', 'sweep']);
});

test('of two states that are asked for, the later is taken later, however long the first takes', () => {
  const network = new Network();
  const node = network.add(peer(1)).start();
  node.inject(record(1));
  network.run(100);
  const running = node.running(MODULE);
  const asked: ((value: string) => void)[] = [];
  Object.assign(running?.instance ?? {}, {
    takeState: (done: (outcome: { value: StateBytes }) => void) => void asked.push((value) => done({ value: stateOf(value) })),
  });
  // The checkpoint that is due, and then the hand-over.
  expect(network.runUntil(() => asked.length === 1, 20_000)).toBe(true);
  node.inject(record(2));
  network.run(100);
  expect(asked.length).toBe(1);
  asked[0]?.('first');
  expect(asked.length).toBe(2);
});

test('messages that an instance has not answered are bounded; one more hears at once that it is behind', () => {
  const replies: ModuleReply[] = [];
  const answers: Parameters<Host['deliver']>[2][] = [];
  const instances = new Instances({
    hosts: { start: () => ({ ...HOST, deliver: (_from, _body, done) => void answers.push(done) }) },
    wait: () => 1,
    ask: () => undefined,
    report: (event) => event.type === 'delivered' && replies.push(event.reply),
  });
  instances.start({ type: 'start-instance', module: MODULE, generation: 1, record: record(1) });
  const deliver = (token: number): void =>
    instances.deliver({ type: 'deliver', token, module: MODULE, generation: 1, from: peer(2), body: new Uint8Array() });
  for (let token = 0; token < MAX_OPEN_CALLS; token += 1) deliver(token);
  expect(replies).toEqual([]);
  deliver(1_000);
  expect(replies).toMatchObject([{ failure: { code: 'GOSSIP_E_BUSY' } }]);
  answers[0]?.({ value: new Uint8Array([1]) });
  deliver(1_001);
  expect([replies.length, answers.length]).toEqual([2, MAX_OPEN_CALLS + 1]);
});
