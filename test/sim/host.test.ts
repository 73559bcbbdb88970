/** A virtual module host: the order of an instance's life, and every way in which it can fail. */
import type { StateBytes } from '../../src/model/state-bytes.ts';
import { expect, test } from 'vitest';
import type { Failure, ModuleReply } from '../../src/gossip/protocol.ts';
import type { Address, ModuleName, NodeId, PayloadHash, Peer } from '../../src/model/names.ts';
import { makeCode } from '../../src/sim/world/codes.ts';
import type { Flaw } from '../../src/sim/world/codes.ts';
import { Host } from '../../src/sim/node/host.ts';
import type { Done } from '../../src/sim/node/host.ts';
import { markBody, markState, readBody, readState } from '../../src/sim/node/provenance.ts';
import type { Provenance } from '../../src/sim/node/provenance.ts';
import { Random } from '../../src/sdk/virtual/random.ts';
import { Scheduler } from '../../src/sdk/virtual/scheduler.ts';
import { GossipModule } from '../../src/sdk/index.ts';
import type { Json } from '../../src/sdk/index.ts';

const self: Peer = { id: '1'.repeat(64) as NodeId, address: '10.0.0.1:7946' as Address, name: 'node1' };
const other: Peer = { id: '2'.repeat(64) as NodeId, address: '10.0.0.2:7946' as Address, name: 'node2' };
const provenance: Provenance = { deployment: 'd'.repeat(64) as PayloadHash, stateEpoch: null };

/** Counts what it receives, and says so to the other node every second. */
class Counter extends GossipModule {
  #count = 0;
  #heard: Json = null;

  override start(): void {
    this.context.every(1_000, async () => {
      this.#heard = await this.context.exchange(other, this.#count).catch((error: unknown) => (error as { reason: string }).reason);
    });
  }

  override receive(body: Json): Json {
    if (body === 'nonsense') throw new Error('nonsense');
    this.#count += 1;
    return this.#count;
  }

  override transferState(): string {
    return String(this.#count);
  }

  override acceptState(state: string): void {
    this.#count = Number(state);
  }

  override inspect(): Json {
    return { count: this.#count, heard: this.#heard };
  }
}

function makeHost(flaw: Flaw | null = null) {
  const scheduler = new Scheduler();
  const exchanges: { token: number; body: string }[] = [];
  const failures: Failure['code'][] = [];
  const host = new Host({
    self,
    incarnation: 1,
    module: 'counter' as ModuleName,
    generation: 1,
    monotonic: () => scheduler.now,
    instanceId: 'a'.repeat(32),
    deployment: 'd1',
    settings: {},
    intervalMs: 1_000,
    provenance,
    code: makeCode(Counter, `counter ${flaw ?? ''}`, '1', flaw),
    random: new Random('seed 1'),
    wallMs: () => scheduler.now,
    after: (delayMs, run) => scheduler.after(delayMs, run),
    promising: () => scheduler.promising(),
    peers: () => ({ near: [other], others: [] }),
    strain: () => 1,
    exchange: (token, _, body) => exchanges.push({ token, body: String(readBody(body).content) }),
    publish: () => {},
    failed: ({ code }) => failures.push(code),
    received: () => {},
  });
  const advance = async (ms: number): Promise<void> => {
    await scheduler.run(scheduler.now + ms);
  };
  const outcome = async <T>(ask: (done: Done<T>) => void): Promise<T | Failure['code'] | 'no outcome'> => {
    let came: T | Failure['code'] | 'no outcome' = 'no outcome';
    ask((settled) => (came = 'value' in settled ? settled.value : settled.failure.code));
    await advance(1);
    return came;
  };
  return { host, exchanges, failures, advance, outcome };
}

async function running(flaw: Flaw | null = null): Promise<ReturnType<typeof makeHost>> {
  const made = makeHost(flaw);
  await made.outcome((done) => made.host.load(done));
  await made.outcome((done) => made.host.accept(markState('40', provenance, 0), done));
  await made.outcome((done) => made.host.activate(done));
  return made;
}

const body = (content: string): Uint8Array => markBody(content, provenance);

test('an instance takes a state over, answers, exchanges and gives its state', async () => {
  const { host, exchanges, advance, outcome } = await running();
  const answer = await outcome<Uint8Array>((done) => host.deliver(other, body('"hello"'), done));
  expect(answer instanceof Uint8Array && readBody(answer).content).toBe('41');
  await advance(1_000);
  expect(exchanges).toEqual([{ token: 1, body: '41' }]);
  const reply: ModuleReply = { body: body('7') };
  host.reply(1, reply);
  await advance(1);
  expect(host.inspect()).toEqual({ count: 41, heard: 7 });
  expect(readState((await outcome<StateBytes>((done) => host.takeState(done))) as StateBytes)).toMatchObject({
    from: provenance,
    content: '41',
  });
});

test('an exchange without an answer is rejected with the reason that a real host gives', async () => {
  const { host, advance } = await running();
  await advance(1_000);
  host.reply(1, { failure: { code: 'GOSSIP_E_MISMATCH', message: '' } });
  await advance(1);
  expect(host.inspect()).toEqual({ count: 40, heard: 'mismatch' });
});

test('a message that the module refuses fails alone', async () => {
  const { host, failures, outcome } = await running();
  expect(await outcome((done) => host.deliver(other, body('"nonsense"'), done))).toBe('GOSSIP_E_MODULE_ANSWER');
  expect(await outcome((done) => host.deliver(other, body('1'), done))).toBeInstanceOf(Uint8Array);
  expect(failures).toEqual([]);
});

test.each(['throws', 'too-large'] as const)('an instance that %s when its state is taken goes on', async (withholds) => {
  const { host, failures, outcome } = await running();
  host.withholds = withholds;
  expect(await outcome((done) => host.takeState(done))).toBe('GOSSIP_E_MODULE_STATE');
  expect(await outcome((done) => host.deliver(other, body('1'), done))).toBeInstanceOf(Uint8Array);
  expect(failures).toEqual([]);
});

test('an instance that hangs when its state is taken is found', async () => {
  const { host, failures, advance } = await running();
  host.withholds = 'hangs';
  host.takeState(() => failures.push('GOSSIP_E_INTERNAL'));
  await advance(10_000);
  expect(failures).toEqual(['GOSSIP_E_MODULE_HUNG']);
});

test('a code with a flaw cannot accept, or cannot start', async () => {
  const unaccepting = makeHost('cannot-accept');
  await unaccepting.outcome((done) => unaccepting.host.load(done));
  expect(await unaccepting.outcome((done) => unaccepting.host.accept(markState('1', provenance, 0), done))).toBe('GOSSIP_E_MODULE_STATE');
  const unstartable = makeHost('cannot-start');
  await unstartable.outcome((done) => unstartable.host.load(done));
  expect(await unstartable.outcome((done) => unstartable.host.activate(done))).toBe('GOSSIP_E_MODULE_START');
});

test('an instance that crashes is gone: it says nothing, answers nothing and asks nothing any more', async () => {
  const { host, exchanges, failures, advance, outcome } = await running();
  host.crash();
  expect(failures).toEqual(['GOSSIP_E_MODULE_CRASH']);
  expect(await outcome((done) => host.deliver(other, body('1'), done))).toBe('no outcome');
  await advance(5_000);
  expect(exchanges).toEqual([]);
  expect(failures).toEqual(['GOSSIP_E_MODULE_CRASH']);
});

test('an instance that hangs answers nothing, and is found out', async () => {
  const { host, failures, advance, outcome } = await running();
  host.hang();
  expect(await outcome((done) => host.deliver(other, body('1'), done))).toBe('no outcome');
  expect(failures).toEqual([]);
  await advance(10_000);
  expect(failures).toEqual(['GOSSIP_E_MODULE_HUNG']);
});

test.each([
  ['crashes', 'GOSSIP_E_MODULE_CRASH'],
  ['hangs', 'GOSSIP_E_MODULE_HUNG'],
] as const)('a code that %s does so soon after every start', async (flaw, code) => {
  const { failures, advance } = await running(flaw);
  expect(failures).toEqual([]);
  await advance(10_000);
  expect(failures).toEqual([code]);
});

test('an instance that was stopped does not gossip', async () => {
  const { host, exchanges, failures, advance } = await running();
  host.stop('update');
  await advance(5_000);
  expect([exchanges, failures]).toEqual([[], []]);
});
