/** What the engine may rely on of any host of modules. Each adapter of the port brings its world and passes all of this. */
import { expect, onTestFinished, test } from 'vitest';
import type { ErrorCode } from '../../../src/model/errors.ts';
import { ANSWER_MS, STEP_MS } from '../../../src/sdk/limits.ts';
import { Bench, PEER, sourceOf } from './host-bench.ts';
import type { Bodies, HostWorld } from './host-bench.ts';

const ME = JSON.stringify(PEER);
const WAIT = 'return new Promise(() => {});';

export function hostContract(make: () => Promise<HostWorld>): void {
  /** An instance as it starts; at the end of the test it ends, and that is the last that is heard of it. */
  const begin = async (bodies: Bodies = {}, code: 'whole' | 'absent' | 'spoiled' = 'whole') => {
    const world = await make();
    const bench = new Bench(world, await world.order(sourceOf(bodies), code));
    onTestFinished(async () => {
      bench.end();
      expect((await bench.next('ended')).at(-1)).toBe('ended');
    });
    return { bench, world };
  };
  const serving = async (bodies: Bodies = {}) => {
    const made = await begin(bodies);
    await made.bench.serving();
    return made;
  };

  test('an instance is loaded later than its start returns, takes a state, begins, answers, and gives its state', async () => {
    const { bench } = await begin();
    expect(await bench.next('loaded')).toEqual(['starts', 'loaded']);
    bench.accept('old');
    expect(await bench.next('accept')).toEqual(['accept ok']);
    bench.activate();
    expect(await bench.next('activate')).toEqual(['activate ok']);
    bench.takeState();
    expect(await bench.next('state')).toEqual(['state old']);
    bench.deliver({ number: 1 });
    expect(await bench.next('deliver')).toEqual(['deliver [{"number":1}]']);
  });

  test('messages reach it in the order in which they were delivered', async () => {
    const { bench } = await serving();
    for (const number of [1, 2, 3]) bench.deliver(number);
    expect(await bench.next('deliver [1,2,3]')).toEqual(['deliver [1]', 'deliver [1,2]', 'deliver [1,2,3]']);
  });

  test.each([
    ['absent', 'GOSSIP_E_CODE_ABSENT'],
    ['spoiled', 'GOSSIP_E_CODE_MISMATCH'],
  ] as const)('code that is %s fails with a reason that has it fetched, and nothing can be asked', async (code, reason) => {
    const { bench } = await begin({}, code);
    expect(await bench.next('failed')).toEqual(['starts', `failed ${reason}`]);
    bench.askAll();
    expect(await bench.next('deliver')).toEqual(unanswered('GOSSIP_E_MODULE_ABSENT'));
    bench.stop('shutdown');
    expect(await bench.next('stopped')).toEqual(['stops', 'stopped']);
  });

  test('what throws in its constructor is not loaded', async () => {
    const { bench } = await begin({ create: 'throw new Error("no");' });
    expect(await bench.next('failed')).toEqual(['starts', 'failed GOSSIP_E_MODULE_LOAD']);
  });

  test('what is asked before it is loaded fails, and it loads all the same', async () => {
    const { bench } = await begin();
    bench.askAll();
    expect(await bench.next('loaded')).toEqual(['starts', ...unanswered('GOSSIP_E_MODULE_ABSENT'), 'loaded']);
    bench.takeState();
    expect(await bench.next('state')).toEqual(['state fresh']);
  });

  test.each([
    ['accept', 'acceptState', 'GOSSIP_E_MODULE_STATE'],
    ['activate', 'start', 'GOSSIP_E_MODULE_START'],
  ] as const)('where %s fails, that alone tells of the end', async (step, method, reason) => {
    const { bench } = await begin({ [method]: 'throw new Error("no");' });
    await bench.next('loaded');
    if (step === 'accept') bench.accept('old');
    else bench.activate();
    expect(await bench.next(step)).toEqual([`${step} ${reason}`]);
    bench.deliver('late');
    expect(await bench.next('deliver')).toEqual([`deliver ${reason}`]);
  });

  test('a message or a state that throws fails alone', async () => {
    const { bench } = await serving({
      receive: 'if (body === "bad") throw new Error("no"); return body;',
      transferState: 'throw new Error();',
    });
    bench.deliver('bad');
    expect(await bench.next('deliver')).toEqual(['deliver GOSSIP_E_MODULE_ANSWER']);
    bench.takeState();
    expect(await bench.next('state')).toEqual(['state GOSSIP_E_MODULE_STATE']);
    bench.deliver('good');
    expect(await bench.next('deliver')).toEqual(['deliver "good"']);
  });

  test('what has no answer in time fails: a message alone, a step with its instance', async () => {
    const { bench } = await serving({ receive: WAIT });
    const { bench: other } = await begin({ start: WAIT });
    await other.next('loaded');
    bench.deliver(1);
    other.activate();
    expect(ANSWER_MS).toBe(STEP_MS);
    expect([await bench.next('deliver'), await other.next('activate')]).toEqual([
      ['deliver GOSSIP_E_TIMEOUT'],
      ['activate GOSSIP_E_MODULE_START'],
    ]);
    bench.takeState();
    expect(await bench.next('state')).toEqual(['state fresh']);
  });

  test("an application's request is answered in its turn; what the module refuses, and what it cannot answer, fails alone", async () => {
    const request =
      'if (body === "no") throw Object.assign(new Error("not that"), { name: "Refusal", reason: "unwanted" }); if (body === "bad") throw new Error("no"); return { body };';
    const { bench } = await serving({ request });
    for (const body of [1, 'no', 'bad', 2]) bench.request(body);
    const answers = await bench.next('request json {"body":2}');
    expect(answers.toSorted()).toEqual([
      'request GOSSIP_E_MODULE_ANSWER',
      'request GOSSIP_E_MODULE_REFUSED unwanted',
      'request json {"body":1}',
      'request json {"body":2}',
    ]);
  });

  test('what says that it is JSON and is none never reaches the module; bytes come and go as they are', async () => {
    const { bench } = await serving({ request: 'this.heard.push(body); return body;' });
    for (const text of ['{', '', '1e400', '\uFEFF1']) bench.requestAs('json', Buffer.from(text));
    bench.requestAs('json', Uint8Array.of(0x22, 0xff, 0x22));
    bench.requestAs('bytes', Buffer.from('{'));
    expect(await bench.next('request bytes')).toEqual([...Array.from({ length: 5 }, () => 'request GOSSIP_E_REQUEST'), 'request bytes {']);
    bench.deliver(1);
    expect(await bench.next('deliver')).toEqual(['deliver [{"0":123},1]']);
  });

  test('where a module has no request(), none is answered', async () => {
    const { bench } = await serving({ create: 'this.request = undefined; this.context = context; this.state = "fresh"; this.heard = [];' });
    bench.request(1);
    expect(await bench.next('request')).toEqual(['request GOSSIP_E_MODULE_DEAF']);
  });

  test('a request that has no answer in time fails alone', async () => {
    const { bench } = await serving({ request: WAIT });
    bench.request(1);
    expect(await bench.next('request')).toEqual(['request GOSSIP_E_TIMEOUT']);
    bench.deliver('still there');
    expect(await bench.next('deliver')).toEqual(['deliver ["still there"]']);
  });

  test('what it publishes is told in order, from its start on and not before', async () => {
    const create = 'context.publish("too early"); this.context = context; this.state = "fresh"; this.heard = [];';
    const { bench } = await begin({ create, start: 'this.context.publish({ n: 1 }, "a"); this.context.publish({ n: 2 });' });
    await bench.next('loaded');
    bench.activate();
    expect(await bench.next('activate')).toEqual(['publish a {"n":1}', 'publish  {"n":2}', 'activate ok']);
  });

  test('an exchange hears its own answer or failure, the first that comes', async () => {
    const ask = `const ask = (what) => this.context.exchange(${ME}, what).catch(({ reason }) => reason);`;
    const { bench } = await serving({ receive: `${ask} return Promise.all([ask(1), ask(2)]);` });
    bench.deliver('ask');
    expect(await bench.next('exchange 2')).toEqual(['exchange 1', 'exchange 2']);
    bench.refuse(1);
    bench.reply(0, 'one');
    bench.reply(0, 'once more');
    expect(await bench.next('deliver')).toEqual(['deliver ["one","mismatch"]']);
  });

  test('a lost connection is told to an instance that serves, if it wants to hear of it, and to no other', async () => {
    const listen = `this.context.onLost((peer) => this.context.exchange(peer, 'lost').catch(() => null));`;
    const { bench } = await begin({ start: listen });
    bench.lost();
    await bench.next('loaded');
    bench.lost();
    bench.activate();
    expect(await bench.next('activate')).toEqual(['activate ok']);
    bench.lost();
    expect(await bench.next('exchange')).toEqual(['exchange "lost"']);
    const { bench: deaf } = await serving();
    deaf.lost();
    deaf.deliver(1);
    expect(await deaf.next('deliver')).toEqual(['deliver [1]']);
  });

  test('an instance that dies is told of once, and then all that waits for it', async () => {
    const { bench, world } = await serving({ receive: `void this.context.exchange(${ME}, body); ${WAIT}` });
    bench.deliver(1);
    bench.deliver(2);
    await bench.next('exchange 2');
    world.kill();
    await bench.until('failed');
    bench.reply(0, 'too late');
    bench.takeState();
    expect(await bench.next('state')).toEqual([
      'failed GOSSIP_E_MODULE_CRASH',
      'deliver GOSSIP_E_MODULE_CRASH',
      'deliver GOSSIP_E_MODULE_CRASH',
      'state GOSSIP_E_MODULE_CRASH',
    ]);
  });

  test('where it dies in a step of its life, that alone tells of it', async () => {
    const { bench, world } = await begin({ start: `this.context.exchange(${ME}, "begins"); ${WAIT}` });
    await bench.next('loaded');
    bench.activate();
    await bench.next('exchange');
    world.kill();
    expect(await bench.next('activate')).toEqual(['activate GOSSIP_E_MODULE_CRASH']);
  });

  test('until it has stopped it may speak and hear; then all that waits for it has failed', async () => {
    const stop = `return this.context.exchange(${ME}, reason).then((heard) => { void this.context.exchange(${ME}, heard); });`;
    const { bench } = await serving({ receive: WAIT, stop });
    bench.deliver(1);
    bench.stop('removed');
    bench.askAll();
    // Where what is asked of it now ended it, there would be no goodbye.
    expect(await bench.next('exchange', 'stopped')).toEqual(
      expect.arrayContaining(['stops', 'exchange "removed"', ...unanswered('GOSSIP_E_MODULE_ABSENT')]),
    );
    bench.reply(0, 'farewell');
    expect(await bench.next('stopped')).toEqual(['exchange "farewell"', 'deliver GOSSIP_E_MODULE_ABSENT', 'stopped']);
  });

  test('at an update it speaks no more', async () => {
    const { bench } = await serving({ stop: `return this.context.exchange(${ME}, "goodbye");` });
    bench.stop('update');
    expect(await bench.next('stopped')).toEqual(['stops', 'stopped']);
  });

  test('one that is stopped while it loads is not told of any more', async () => {
    const { bench } = await begin();
    bench.stop('shutdown');
    bench.stop('shutdown');
    await bench.until('stopped');
    bench.end();
    expect(await bench.next('ended')).toEqual(['starts', 'stops', 'stops', 'stopped', 'stopped', 'ends', 'ended']);
  });

  test('one that is ended has failed all that waits for it, and says nothing more', async () => {
    const { bench } = await serving({ receive: WAIT, stop: WAIT });
    bench.deliver(1);
    bench.stop('shutdown');
    bench.end();
    expect(await bench.next('ended')).toEqual(
      expect.arrayContaining(['stops', 'ends', 'deliver GOSSIP_E_MODULE_ABSENT', 'stopped', 'ended']),
    );
  });

  test.each([
    ['stopped', (bench: Bench) => bench.stop('shutdown')],
    ['ended', (bench: Bench) => bench.end()],
  ] as const)('a step under way when it is %s has failed before that is told', async (told, leave) => {
    const { bench } = await begin({ start: WAIT });
    await bench.next('loaded');
    bench.activate();
    leave(bench);
    expect((await bench.next(told)).slice(1)).toEqual(['activate GOSSIP_E_MODULE_ABSENT', told]);
  });
}

/** What becomes of `askAll`. */
function unanswered(code: ErrorCode): string[] {
  return ['accept', 'activate', 'state', 'request', 'deliver'].map((what) => `${what} ${code}`);
}
