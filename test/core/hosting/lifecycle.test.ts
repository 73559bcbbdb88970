/** A module's life in a real process: load, accept, activate, serve, hand over, stop. */
import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../../src/sdk/limits.ts';
import { json, moduleSource, OTHER, parsed, peer, SELF, until, useHosts } from './support.ts';
import { SEED_FILE, stateOf, textOf } from '../../../src/model/state-bytes.ts';

const hosts = useHosts();

describe('an instance', () => {
  it('lives from load to stop, and hears everything in order', async () => {
    const source = moduleSource({
      start: 'start() { console.log("start"); }',
      acceptState: 'acceptState(state) { this.state = state; console.log("accept " + state); }',
      stop: 'stop() { console.log("stop"); }',
      constructor: 'constructor(context) { this.context = context; console.log("construct"); }',
    });
    const { host, lines, exits } = await hosts.start(source);
    await host.accept(stateOf('héritage 🜚'));
    await host.activate();
    expect(parsed(await host.deliver(OTHER, json({ hello: [1, 2] }), 5_000))).toEqual({ hello: [1, 2] });
    expect(textOf(await host.takeState())).toBe('héritage 🜚');
    expect(await host.inspect()).toEqual({ state: 'héritage 🜚' });
    expect(host.pid).toBeGreaterThan(0);
    await host.stop(5_000);
    expect(lines).toEqual(['construct', 'accept héritage 🜚', 'start', 'stop']);
    expect(host.logTail()).toEqual(lines);
    expect(exits).toEqual([]);
  });

  it('begins with the state beside its code where it is handed none, and with what it is handed else', async () => {
    const source = moduleSource({
      acceptState: 'acceptState(state) { this.state = state; console.log("accept " + state); }',
      start: 'start() { console.log("start"); }',
    });
    const code = await hosts.module({ 'index.mjs': source, [SEED_FILE]: 'seed' });
    const alone = await hosts.start(code);
    await alone.host.activate();
    expect(textOf(await alone.host.takeState())).toBe('seed');
    const next = await hosts.start(code);
    await next.host.accept(stateOf('handed'));
    await next.host.activate();
    expect(textOf(await next.host.takeState())).toBe('handed');
    await Promise.all([alone.host.stop(5_000), next.host.stop(5_000)]);
    expect([alone.lines, next.lines]).toEqual([
      ['accept seed', 'start'],
      ['accept handed', 'start'],
    ]);
  });

  it('does not start with a state beside its code that it refuses', async () => {
    const { host } = await hosts.start(
      await hosts.module({
        'index.mjs': moduleSource({ acceptState: 'acceptState() { throw new Error("not mine"); }' }),
        [SEED_FILE]: 'seed',
      }),
    );
    await expect(host.activate()).rejects.toThrow(/not mine/);
  });

  it('sees where it is, and who asks', async () => {
    const { host } = await hosts.run(
      moduleSource({
        receive: `receive(body, from) { const c = this.context; return { from, self: c.self, incarnation: c.incarnation, module: c.module,
          deployment: c.deployment, settings: c.settings, now: typeof c.now(), random: c.random() < 1 }; }`,
      }),
    );
    expect(parsed(await host.deliver(OTHER, json(null), 5_000))).toEqual({
      from: OTHER,
      self: SELF,
      incarnation: 3,
      module: 'probe',
      deployment: 'd3',
      settings: { pace: 'slow' },
      now: 'number',
      random: true,
    });
  });

  it('draws distinct peers from those the core told of, itself never among them', async () => {
    const { host } = await hosts.run(
      moduleSource({ receive: 'receive(n) { return this.context.peers(n).map((peer) => peer.name).sort(); }' }),
    );
    host.surroundings.setPeers({ near: [SELF, OTHER], others: [peer('c', 3), peer('d', 4)] });
    expect(parsed(await host.deliver(OTHER, json(9), 5_000))).toEqual(['node-b', 'node-c', 'node-d']);
    expect(parsed(await host.deliver(OTHER, json(1), 5_000))).toEqual(['node-b']);
    expect(parsed(await host.deliver(OTHER, json(2), 5_000))).toHaveLength(2);
    expect(parsed(await host.deliver(OTHER, json(-1), 5_000))).toEqual([]);
  });

  it('hands its state over to the next generation, also a large one, whose pieces end within letters', async () => {
    const large = '"x" + "é".repeat(10_000_000)';
    const old = await hosts.run(moduleSource({ start: `start() { this.state = ${large}; }` }));
    const next = await hosts.start(moduleSource({ inspect: `inspect() { return this.state === ${large}; }` }), { generation: 2 });
    const state = await old.host.takeState();
    expect(state.map((piece) => piece.length).filter((length) => length > MAX_MESSAGE_BYTES)).toEqual([]);
    await next.host.accept(state);
    await next.host.activate();
    expect(await next.host.inspect()).toBe(true);
  });

  it.each([
    [
      'an ES module that imports its own files',
      { 'index.mjs': 'import C from "./lib/c.mjs"; export default C;', 'lib/c.mjs': moduleSource() },
    ],
    ['a CommonJS module', { 'index.cjs': moduleSource().replace('export default', 'module.exports =') }],
    ['a CommonJS module with a default', { 'index.cjs': moduleSource().replace('export default', 'exports.default =') }],
    ['a .js file', { 'index.js': moduleSource() }],
  ])('may be %s', async (_, files) => {
    const { host } = await hosts.run(await hosts.module(files));
    expect(await host.inspect()).toEqual({ state: 'fresh' });
    await host.stop(5_000);
  });

  it('is ended when it does not leave within its grace', async () => {
    const { host, exits } = await hosts.run(moduleSource({ stop: 'stop() { for (;;); }' }));
    await host.stop(100);
    expect(exits).toEqual([]);
    await expect(host.inspect()).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_ABSENT' });
  });
});

describe('timers', () => {
  it('come as many times rarer as the node is strained, but for those of after', async () => {
    const { host } = await hosts.run(
      moduleSource({
        receive: `receive() {
          const { every, after } = this.context;
          const order = [];
          return new Promise((done) => {
            const came = (which) => { order.push(which); if (order.length === 2) done(order); };
            const rounds = every(40, () => { rounds.stop(); came('every 40'); });
            after(160, () => came('after 160'));
          });
        }`,
      }),
    );
    const order = async (): Promise<unknown> => parsed(await host.deliver(OTHER, json(null), 5_000));
    const asMeant = ['every 40', 'after 160'];
    expect(await order()).toEqual(asMeant);
    host.surroundings.setStrain(7.6);
    expect(await order()).toEqual(asMeant.toReversed());
    host.surroundings.setStrain(1);
    expect(await order()).toEqual(asMeant);
  });

  it('survive what their tasks throw, and stop when told', async () => {
    const { host, lines } = await hosts.run(
      moduleSource({
        start: `start() {
          this.rounds = 0;
          this.context.every(5, () => { this.rounds++; throw new Error("round"); });
          this.context.every(5, async () => { throw new Error("async round"); });
          const stopped = this.context.every(5, () => console.log("never"));
          stopped.stop(); stopped.stop();
          this.context.after(1e12, () => console.log("never"));
          try { this.context.every(NaN, () => {}); } catch (error) { console.log(error.name); }
        }`,
        inspect: 'inspect() { return this.rounds; }',
      }),
    );
    await until(() => lines.filter((line) => line.includes('Error: round')).length > 3, 'failed rounds');
    await until(() => lines.some((line) => line.includes('async round')), 'failed asynchronous rounds');
    expect(await host.inspect()).toBeGreaterThan(3);
    expect(lines).not.toContain('never');
    expect(lines).toContain('RangeError');
  });
});

describe('an exchange', () => {
  const asks = moduleSource({
    receive: `async receive(to) {
      try { return { answer: await this.context.exchange(to, { ping: 1 }) }; } catch (error) { return { name: error.name, reason: error.reason, message: error.message }; }
    }`,
  });

  it('goes out through the core and comes back with the answer', async () => {
    const { host, exchanges } = await hosts.run(asks);
    const answer = host.deliver(OTHER, json(OTHER), 10_000);
    await until(() => exchanges.length === 1, 'the exchange');
    expect(exchanges[0]).toMatchObject({ to: OTHER, body: { ping: 1 } });
    host.reply(exchanges[0]?.token ?? 0, { body: json({ pong: 2 }) });
    expect(parsed(await answer)).toEqual({ answer: { pong: 2 } });
    host.reply(exchanges[0]?.token ?? 0, { body: json('twice') });
  });

  it('rejects with the reason of the failure', async () => {
    const { host, exchanges } = await hosts.run(asks);
    const answer = host.deliver(OTHER, json(OTHER), 10_000);
    await until(() => exchanges.length === 1, 'the exchange');
    host.reply(exchanges[0]?.token ?? 0, { failure: { code: 'GOSSIP_E_MISMATCH', message: 'it runs d2' } });
    expect(parsed(await answer)).toEqual({ name: 'ExchangeError', reason: 'mismatch', message: 'it runs d2' });
  });

  it.each([null, { id: 'x', address: '1.2.3.4:5' }, { ...OTHER, address: 'example.org:80' }])(
    'is refused to what is no peer: %j',
    async (to) => {
      const { host, exchanges } = await hosts.run(asks);
      expect(parsed(await host.deliver(OTHER, json(to), 10_000))).toMatchObject({ reason: 'refused' });
      expect(exchanges).toEqual([]);
    },
  );

  it('is refused beyond 64 that are open', async () => {
    const { host, exchanges } = await hosts.run(
      moduleSource({
        receive: `async receive(to) {
          const all = Array.from({ length: 70 }, () => this.context.exchange(to, 0).catch((error) => error.reason));
          return Promise.race(all);
        }`,
      }),
    );
    expect(parsed(await host.deliver(OTHER, json(OTHER), 10_000))).toBe('refused');
    expect(exchanges).toHaveLength(64);
  });
});

describe('a delivery', () => {
  it('that the handler refuses fails alone; the instance goes on', async () => {
    const { host, exits } = await hosts.run(moduleSource({ receive: 'receive(body) { if (body) return 1; throw new Error("not now"); }' }));
    await expect(host.deliver(OTHER, json(0), 5_000)).rejects.toMatchObject({
      code: 'GOSSIP_E_MODULE_ANSWER',
      message: expect.stringContaining('not now'),
    });
    await expect(host.deliver(OTHER, Buffer.from('{not json'), 5_000)).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_ANSWER' });
    expect(parsed(await host.deliver(OTHER, json(1), 5_000))).toBe(1);
    expect(exits).toEqual([]);
  });

  it('has a deadline, and an answer after it is ignored', async () => {
    const { host } = await hosts.run(
      moduleSource({ receive: 'receive(ms) { return new Promise((resolve) => setTimeout(resolve, ms, "late")); }' }),
    );
    await expect(host.deliver(OTHER, json(200), 20)).rejects.toMatchObject({ code: 'GOSSIP_E_TIMEOUT' });
    expect(parsed(await host.deliver(OTHER, json(250), 5_000))).toBe('late');
  });

  it('is refused when it is too large, and so is an answer', async () => {
    const { host } = await hosts.run(moduleSource({ receive: 'receive(n) { return "x".repeat(n); }' }));
    await expect(host.deliver(OTHER, new Uint8Array(MAX_MESSAGE_BYTES + 1), 5_000)).rejects.toMatchObject({ code: 'GOSSIP_E_TOO_LARGE' });
    await expect(host.deliver(OTHER, json(MAX_MESSAGE_BYTES), 5_000)).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_ANSWER' });
    expect(await host.deliver(OTHER, json(MAX_MESSAGE_BYTES - 2), 5_000)).toHaveLength(MAX_MESSAGE_BYTES);
  });

  it.each([
    ['10n', 'answered what is not JSON: TypeError: Do not know how to serialize a BigInt'],
    ['(() => { const a = {}; a.a = a; return a; })()', 'answered what is not JSON: TypeError: Converting circular structure'],
    ['"x".repeat(1024 * 1024)', 'answered 1048578 bytes, 1048576 are allowed'],
  ])('that is answered with what cannot be sent fails with that reason, and so does an inspect: %s', async (answer, message) => {
    const source = moduleSource({ receive: `receive() { return ${answer}; }`, inspect: `inspect() { return ${answer}; }` });
    const { host, exits } = await hosts.run(source);
    const because = (what: string) => ({ code: 'GOSSIP_E_MODULE_ANSWER', message: expect.stringContaining(`${what}() ${message}`) });
    await expect(host.deliver(OTHER, json(0), 5_000)).rejects.toMatchObject(because('receive'));
    await expect(host.inspect()).rejects.toMatchObject(because('inspect'));
    expect(exits).toEqual([]);
  });
});
