/** What a module may count on: each row is a small module, what befalls it, and what must come of it, everywhere the same. */
import type { Body, Json } from '../../../src/sdk/index.ts';
import { plain } from './stage.ts';
import type { Stage } from './stage.ts';

export interface Row {
  readonly name: string;
  readonly play: (stage: Stage) => Promise<unknown>;
  readonly expected: unknown;
  /** What the simulator leaves out, for it has no use for it. */
  readonly notSimulated?: true;
}

const REPORT = { inspect: 'inspect() { return this.report ?? null; }' };
/** Asks the peer for each thing in turn, and reports the outcomes. */
const ASK = `async ask(...bodies) {
  const outcomes = [];
  for (const body of bodies) outcomes.push(await this.context.exchange(this.context.peers(1)[0], body).catch((error) => error.reason + ': ' + error.message));
  return outcomes;
}`;

/** Answers bytes with one more, and JSON with its kind. */
const RECEIVE_BYTES = 'receive(body) { return body instanceof Uint8Array ? Buffer.from([...body, 1]) : { was: typeof body }; }';
/** Shows the state that it was given. */
const STATE = {
  ...REPORT,
  acceptState: `acceptState(state) { this.report = typeof state === 'string' ? state : [state.constructor.name, state.byteOffset, state.buffer.byteLength, ...state]; }`,
};

function listed(body: Body): Json {
  return body instanceof Uint8Array ? ['bytes', ...body] : body;
}

async function reported(stage: Stage, start: string, members: Record<string, string> = {}): Promise<unknown> {
  const began = await stage.begin({ ...REPORT, ask: ASK, start: `async start() { ${start} }`, ...members });
  return began === 'runs' ? stage.inspect() : began;
}

async function answered(stage: Stage, receive: string): Promise<unknown> {
  await stage.begin({ receive: `receive(body) { ${receive} }` });
  return stage.deliver('hello');
}

/** The old module keeps 'old'; what comes of an update, and who answers afterwards. */
async function updated(stage: Stage, next: Record<string, string>, old: Record<string, string> = {}): Promise<unknown> {
  await stage.begin({ receive: 'receive() { return "old"; }', ...old });
  const outcome = await stage.update({ receive: 'receive() { return "new"; }', ...next });
  return [outcome, await stage.deliver('who?')];
}

export const ROWS: readonly Row[] = [
  {
    name: 'an answer of nothing is null',
    play: (stage) => answered(stage, ''),
    expected: null,
  },
  {
    name: 'an answer that is no JSON is refused',
    play: (stage) => answered(stage, 'return 1n;'),
    expected: 'receive() answered what is not JSON: TypeError: Do not know how to serialize a BigInt',
  },
  {
    name: 'an answer above the limit is refused, with both sizes',
    play: (stage) => answered(stage, 'return "é".repeat(600_000);'),
    expected: 'receive() answered 1200002 bytes, 1048576 are allowed',
  },
  {
    name: 'what JSON escapes arrives as it was, half surrogates too',
    play: async (stage) => {
      await stage.begin({ receive: 'receive(body) { return { was: body.charCodeAt(0), body }; }' });
      return stage.deliver('\ud800');
    },
    expected: { was: 0xd800, body: '\ud800' },
  },
  {
    name: 'a throw refuses the message and nothing else',
    play: async (stage) => {
      await stage.begin({ receive: 'receive(body) { if (body === "bad") throw new RangeError("no thanks"); return body; }' });
      return [await stage.deliver('bad'), await stage.deliver('good')];
    },
    expected: ['no thanks', 'good'],
  },
  {
    name: 'an update whose acceptState throws leaves the old instance running',
    play: (stage) => updated(stage, { acceptState: 'acceptState() { throw new Error("no thanks"); }' }),
    expected: ['no thanks', 'old'],
  },
  {
    name: 'acceptState is awaited',
    play: (stage) => updated(stage, { acceptState: 'async acceptState() { await null; throw new Error("no thanks"); }' }),
    expected: ['no thanks', 'old'],
  },
  {
    name: 'an update whose start throws leaves the old instance running',
    play: (stage) => updated(stage, { start: 'async start() { await null; throw new Error("not today"); }' }),
    expected: ['not today', 'old'],
  },
  {
    name: 'an update waits for no start for ever',
    play: (stage) => updated(stage, { start: 'start() { return new Promise(() => {}); }' }),
    expected: ['start of d2 did not end in time', 'old'],
    notSimulated: true,
  },
  {
    name: 'an update that can be made switches',
    play: (stage) => updated(stage, {}),
    expected: ['runs', 'new'],
  },
  {
    name: 'a state that is no text keeps the update away',
    play: (stage) => updated(stage, {}, { transferState: 'transferState() { return { n: 1 }; }' }),
    expected: ['transferState() must return a string or a Uint8Array, and returned object', 'old'],
  },
  {
    name: 'a promise of a state keeps the update away',
    play: (stage) => updated(stage, {}, { transferState: 'async transferState() { return "x"; }' }),
    expected: ['transferState() must return a string or a Uint8Array, and returned a promise: it is not awaited', 'old'],
  },
  {
    name: 'a state that UTF-8 cannot carry keeps the update away',
    play: (stage) => updated(stage, {}, { transferState: 'transferState() { return "\\ud800"; }' }),
    expected: ['transferState() returned half of a surrogate pair: write texts with JSON.stringify', 'old'],
  },
  {
    name: 'a state above the limit keeps the update away, with both sizes',
    play: (stage) => updated(stage, {}, { transferState: 'transferState() { return "x".repeat(67_108_865); }' }),
    expected: ['transferState() gave 67108865 bytes, 67108864 are allowed', 'old'],
  },
  {
    name: 'timers need a time, and every() one above zero',
    play: (stage) =>
      reported(
        stage,
        `const tried = (make) => { try { make(); return 'made'; } catch (error) { return error.name + ': ' + error.message; } };
         const { every, after } = this.context;
         this.report = [tried(() => every(0, () => {})), tried(() => after(0, () => {})), tried(() => every(NaN, () => {})), tried(() => after('1', () => {})), tried(() => after(1))];`,
      ),
    expected: [
      'RangeError: every() needs an interval above 0',
      'made',
      'RangeError: NaN is not a number of milliseconds',
      'RangeError: 1 is not a number of milliseconds',
      'TypeError: a timer needs a function',
    ],
  },
  {
    name: 'a task that throws or rejects ends neither its timer nor the instance',
    play: async (stage) => {
      const members = {
        ...REPORT,
        start: 'start() { this.report = 0; this.context.every(20, () => { this.report++; throw new Error("a mishap"); }); }',
      };
      await stage.begin(members);
      await stage.until(async () => ((await stage.inspect()) as number) >= 3);
      return stage.deliver('still there');
    },
    expected: 'still there',
  },
  {
    name: 'the context can be taken apart',
    play: (stage) =>
      reported(
        stage,
        `const { now, monotonic, random, every, after, peers, exchange, log } = this.context;
         log('hello', { a: 1 });
         every(1_000, () => {}).stop();
         after(1_000, () => {}).stop();
         this.report = [typeof now(), monotonic() >= 0, typeof random(), await exchange(peers(1)[0], 'ping')];`,
      ),
    expected: ['number', true, 'number', 'ping'],
  },
  {
    name: 'the context tells the round, the deployment, and an instance id of its own',
    play: (stage) =>
      reported(
        stage,
        `const c = this.context; this.report = [c.intervalMs, c.deployment, /^[0-9a-f]{32}$/.test(c.instanceId), c.settings];`,
      ),
    expected: [1_000, 'd1', true, {}],
  },
  {
    name: 'two instances have two instance ids',
    play: async (stage) => {
      const members = { ...REPORT, start: 'start() { this.report = this.context.instanceId; }' };
      await stage.begin(members);
      const first = await stage.inspect();
      await stage.update(members);
      return first !== (await stage.inspect());
    },
    expected: true,
  },
  {
    name: 'a log line never throws',
    play: (stage) =>
      reported(stage, `const cycle = {}; cycle.me = cycle; this.context.log('x', cycle); this.context.log(1n); this.report = 'fine';`),
    expected: 'fine',
  },
  {
    name: 'in the constructor nothing can be exchanged',
    play: (stage) =>
      reported(stage, 'this.report = await this.early;', {
        constructor: `constructor(context) {
          this.context = context;
          this.early = context.exchange({ id: 'b'.repeat(64), address: '10.0.0.9:1', name: '' }, 1).catch((error) => error.reason + ': ' + error.message);
        }`,
      }),
    expected: 'refused: this instance does not serve: it was not started, or it is stopping',
  },
  {
    name: 'the largest bodies and answers arrive whole, both ways',
    play: async (stage) => {
      await stage.begin({
        ask: ASK,
        start: 'start() { void this.ask("x".repeat(1_048_574)); }',
        receive: 'receive(body) { return body; }',
      });
      await stage.until(() => stage.heard.length > 0);
      return [...stage.heard, await stage.deliver('x'.repeat(1_048_574))].map((text) => JSON.stringify(text).length);
    },
    expected: [1_048_576, 1_048_576],
  },
  {
    name: 'a body above the limit is refused, with both sizes',
    play: (stage) => reported(stage, 'this.report = await this.ask("x".repeat(1_048_575));'),
    expected: ['refused: a body of 1048577 bytes, 1048576 are allowed'],
  },
  {
    name: 'bytes travel as they are: what is sent, what is answered, and beside JSON',
    play: async (stage) => {
      const seen = await reported(
        stage,
        `const { exchange, peers } = this.context; const [peer] = peers(1);
         const bytes = await exchange(peer, Uint8Array.of(0x31, 0, 255), { answer: 'bytes' });
         const buffer = await exchange(peer, Buffer.from('[1]'), { answer: 'bytes' });
         const none = await exchange(peer, new Uint8Array(0), { answer: 'bytes' });
         this.report = [bytes, buffer, none].map((each) => [each.constructor.name, each.byteOffset, each.buffer.byteLength, ...each]);`,
        { receive: RECEIVE_BYTES },
      );
      const answers = [
        await stage.deliver(Uint8Array.of(0x7b, 0xff)),
        await stage.deliver({ a: 1 }),
        await stage.deliver(new Uint8Array(0)),
      ];
      return [seen, stage.heard.map(listed), answers.map(listed)];
    },
    expected: [
      [
        ['Uint8Array', 0, 3, 0x31, 0, 255],
        ['Uint8Array', 0, 3, 0x5b, 0x31, 0x5d],
        ['Uint8Array', 0, 0],
      ],
      [['bytes', 0x31, 0, 255], ['bytes', 0x5b, 0x31, 0x5d], ['bytes']],
      [['bytes', 0x7b, 0xff, 1], { was: 'object' }, ['bytes', 1]],
    ],
  },
  {
    name: 'what was sent is as it was when it was sent',
    play: (stage) =>
      reported(
        stage,
        `const body = Uint8Array.of(1, 2); const answer = this.context.exchange(this.context.peers(1)[0], body, { answer: 'bytes' }); body.fill(9); this.report = [...(await answer)];`,
      ),
    expected: [1, 2],
  },
  {
    name: 'an answer of the other form than was asked for is a failure',
    play: (stage) =>
      reported(
        stage,
        `const tried = (body, options) => this.context.exchange(this.context.peers(1)[0], body, options).catch((error) => error.reason + ': ' + error.message);
         this.report = [await tried(Uint8Array.of(1)), await tried('x', { answer: 'bytes' }), await tried('x', { answer: 'json' })];`,
      ),
    expected: [
      'failed: the answer is bytes: ask for them with { answer: "bytes" }',
      'failed: the answer is JSON, and bytes were asked for',
      'x',
    ],
  },
  {
    name: 'the largest bytes arrive whole, both ways; larger ones are refused, with both sizes',
    play: async (stage) => {
      const outcome = await reported(
        stage,
        `const tried = (n) => this.context.exchange(this.context.peers(1)[0], new Uint8Array(n), { answer: 'bytes' }).then((a) => a.length, (error) => error.reason + ': ' + error.message);
         this.report = [await tried(1_048_576), await tried(1_048_577)];`,
        { receive: 'receive(body) { return body === "more" ? new Uint8Array(1_048_577) : body; }' },
      );
      return [outcome, ((await stage.deliver(new Uint8Array(1_048_576))) as Uint8Array).length, await stage.deliver('more')];
    },
    expected: [
      [1_048_576, 'refused: a body of 1048577 bytes, 1048576 are allowed'],
      1_048_576,
      'receive() answered 1048577 bytes, 1048576 are allowed',
    ],
  },
  {
    name: 'a state of bytes is handed over as such, to a state of text and back',
    play: async (stage) => {
      const began = await stage.begin(
        { ...STATE, transferState: 'transferState() { return Uint8Array.of(0, 255, 0x7b); }' },
        { state: 'a text' },
      );
      const first = await stage.inspect();
      const switched = await stage.update({ ...STATE, transferState: 'transferState() { return "text again"; }' });
      const second = await stage.inspect();
      await stage.update({ ...STATE, transferState: 'transferState() { return new Uint8Array(0); }' });
      const third = await stage.inspect();
      await stage.update(STATE);
      return [began, first, switched, second, third, await stage.inspect()];
    },
    expected: ['runs', 'a text', 'runs', ['Uint8Array', 0, 3, 0, 255, 0x7b], 'text again', ['Uint8Array', 0, 0]],
  },
  {
    name: 'a state of bytes above the limit keeps the update away, with both sizes',
    play: (stage) => updated(stage, {}, { transferState: 'transferState() { return new Uint8Array(67_108_865); }' }),
    expected: ['transferState() gave 67108865 bytes, 67108864 are allowed', 'old'],
  },
  {
    name: 'a state of bytes that travels in many pieces is handed over whole',
    play: async (stage) => {
      await stage.begin({
        transferState:
          'transferState() { const state = new Uint8Array(2_100_001); state[1_048_576] = 1; state[2_100_000] = 2; return state; }',
      });
      const outcome = await stage.update({
        ...REPORT,
        acceptState: 'acceptState(state) { this.report = [state.length, state[1_048_575], state[1_048_576], state[2_100_000]]; }',
      });
      return [outcome, await stage.inspect()];
    },
    expected: ['runs', [2_100_001, 0, 1, 2]],
  },
  {
    name: 'bytes that inspect() shows are told by their number, and how they begin',
    play: (stage) =>
      reported(stage, 'this.report = { small: Uint8Array.of(0, 255), buffer: Buffer.from("hi"), large: new Uint8Array(1_000) };'),
    expected: {
      small: { bytes: 2, begin: '00ff' },
      buffer: { bytes: 2, begin: '6869' },
      large: { bytes: 1_000, begin: '00'.repeat(32) },
    },
  },
  {
    name: 'send() is heard once, and nobody hears what comes of it',
    play: async (stage) => {
      const began = await reported(
        stage,
        `const { send, peers } = this.context; const [peer] = peers(1);
         this.report = [send(peer, 'fail'), send(peer, 'a'), send(peer, Uint8Array.of(7)), send({ ...peer, id: 'e'.repeat(64) }, 'nobody')];`,
      );
      await stage.until(() => stage.heard.filter((body) => body !== 'nobody').length === 3);
      // In any order, as messages may come.
      const heard = stage.heard.filter((body) => body !== 'nobody').map((body) => JSON.stringify(listed(body)));
      return [began, heard.toSorted(), stage.forgotten, await stage.deliver('still there')];
    },
    expected: [[true, true, true, true], ['"a"', '"fail"', '["bytes",7]'], [], 'still there'],
  },
  {
    name: "send() throws at once for what is its author's mistake, and never else",
    play: async (stage) => {
      const early =
        'constructor(context) { this.context = context; this.early = context.send({ id: "b".repeat(64), address: "10.0.0.9:1", name: "" }, 1); }';
      return reported(
        stage,
        `const tried = (...given) => { try { return this.context.send(...given); } catch (error) { return error.name + ' ' + error.reason + ': ' + error.message; } };
         const [peer] = this.context.peers(1);
         this.report = [this.early, tried(peer, undefined), tried(peer, 1n), tried(peer, new ArrayBuffer(1)), tried(peer, 'x'.repeat(1_048_575)), tried(peer, new Uint8Array(1_048_577)), tried('you', 1)];`,
        { constructor: early },
      );
    },
    expected: [
      false,
      'ExchangeError refused: the body of an exchange must be a JSON value or a Uint8Array',
      'ExchangeError refused: Do not know how to serialize a BigInt',
      'ExchangeError refused: bytes are sent as a Uint8Array, not as ArrayBuffer',
      'ExchangeError refused: a body of 1048577 bytes, 1048576 are allowed',
      'ExchangeError refused: a body of 1048577 bytes, 1048576 are allowed',
      'ExchangeError refused: not a peer: it needs an id of 64 hex digits and an address such as 10.0.0.7:7946',
    ],
  },
  {
    name: 'of what is sent 64 are on their way at most, beside the exchanges; the rest is dropped, and send() says so',
    play: async (stage) => {
      return reported(
        stage,
        `const [peer] = this.context.peers(1);
         const sent = Array.from({ length: 66 }, () => this.context.send(peer, 'silent'));
         this.report = [sent.filter(Boolean).length, await this.context.exchange(peer, 'beside them')];`,
      );
    },
    expected: [64, 'beside them'],
  },
  {
    name: 'an exchange has a deadline of its own, and its place until its end is known',
    play: async (stage) => {
      const began = await stage.begin({
        ...REPORT,
        start: `start() { void this.go(); }`,
        go: `async go() {
          const [peer] = this.context.peers(1);
          const late = () => this.context.exchange(peer, 'silent', { timeoutMs: 50 }).catch((error) => error.reason + ': ' + error.message.replace(/^.*: /, ''));
          const outcomes = await Promise.all(Array.from({ length: 64 }, late));
          this.report = [new Set(outcomes).size, outcomes[0], await late(), await this.context.exchange(peer, 'x', { timeoutMs: 50 }).catch((error) => error.message)];
        }`,
      });
      await stage.until(async () => (await stage.inspect()) !== null);
      return [began, await stage.inspect()];
    },
    expected: ['runs', [1, 'timeout: no answer within 50 ms', 'refused: 64 exchanges are open', '64 exchanges are open']],
  },
  {
    name: "a deadline and a form that cannot be are the author's mistake",
    play: (stage) =>
      reported(
        stage,
        `const tried = (options) => this.context.exchange(this.context.peers(1)[0], 1, options).catch((error) => error.name + ': ' + error.message);
         this.report = [await tried({ timeoutMs: 0 }), await tried({ timeoutMs: 60_001 }), await tried({ timeoutMs: '5' }), await tried({ timeoutMs: NaN }), await tried({ answer: 'text' }), await tried({ timeoutMs: 60_000 })];`,
      ),
    expected: [
      'RangeError: timeoutMs must lie between 1 and 60000, and is 0',
      'RangeError: timeoutMs must lie between 1 and 60000, and is 60001',
      'RangeError: timeoutMs must lie between 1 and 60000, and is "5"',
      'RangeError: timeoutMs must lie between 1 and 60000, and is null',
      'TypeError: answer must be "json" or "bytes"',
      1,
    ],
  },
  {
    name: 'only a peer can be asked',
    play: (stage) =>
      reported(
        stage,
        `const tried = (to) => this.context.exchange(to, 1).catch((error) => error.reason + ': ' + error.message);
         this.report = [await tried(undefined), await tried({ id: 'x', address: '10.0.0.1:1', name: '' }), await tried({ id: 'a'.repeat(64), address: 'localhost:1', name: '' })];`,
      ),
    expected: Array.from({ length: 3 }, () => 'refused: not a peer: it needs an id of 64 hex digits and an address such as 10.0.0.7:7946'),
  },
  {
    name: 'more than 64 exchanges at once are refused',
    play: (stage) =>
      reported(
        stage,
        `const outcomes = await Promise.all(Array.from({ length: 66 }, (_, n) => this.ask(n)));
         this.report = outcomes.flat().filter((outcome) => typeof outcome === 'string');`,
      ),
    expected: ['refused: 64 exchanges are open', 'refused: 64 exchanges are open'],
  },
  {
    name: 'a peer whose process ends is heard of, and told from one that cannot be reached',
    play: async (stage) => {
      const ask = 'ask(to) { return this.context.exchange(to, "there?").catch(({ reason, gone }) => ({ reason, gone })); }';
      const start = `async start() {
        this.report = [await this.ask(this.context.peers(1)[0])];
        this.context.onLost(() => { throw new Error("a mishap"); });
        this.context.onLost(async (peer) => this.report.push(peer.name, await this.ask(peer), await this.ask({ ...peer, id: 'e'.repeat(64) })));
      }`;
      await stage.begin({ ...REPORT, ask, start });
      await stage.lose();
      await stage.until(async () => ((await stage.inspect()) as Json[]).length === 4);
      const [first, name, ...others] = (await stage.inspect()) as Json[];
      return [first, typeof name, ...others];
    },
    expected: ['there?', 'string', { reason: 'unreachable', gone: true }, { reason: 'unreachable', gone: false }],
  },
  {
    name: 'onLost() needs a function',
    play: (stage) => reported(stage, 'try { this.context.onLost("me"); } catch (error) { this.report = String(error); }'),
    expected: 'TypeError: onLost() needs a function',
  },
  {
    name: 'a rejected exchange that nobody handles ends nothing, and shows where it was begun',
    play: async (stage) => {
      await stage.begin({
        receive: 'receive(body) { if (body === "go") void this.lonely(); return body; }',
        lonely: 'async lonely() { await this.context.exchange(this.context.peers(1)[0], "fail"); }',
      });
      await stage.deliver('go');
      await stage.until(() => stage.forgotten.length > 0);
      return [await stage.deliver('still there'), stage.forgotten.filter((line) => /lonely.*index\.mjs:\d+/s.test(line)).length];
    },
    expected: ['still there', 1],
  },
  {
    name: 'an application is answered with JSON, and with bytes where it sends them',
    play: async (stage) => {
      await stage.begin({
        request: 'request(body, caller) { return body instanceof Uint8Array ? body.map((byte) => byte + 1) : { body, caller }; }',
      });
      const bytes = await stage.request(Uint8Array.of(1, 2, 255));
      return [await stage.request({ a: [1, null] }), bytes instanceof Uint8Array ? [...bytes] : bytes];
    },
    expected: [{ body: { a: [1, null] }, caller: { kind: 'application' } }, [2, 3, 0]],
  },
  {
    name: 'a module without request() says so',
    play: async (stage) => {
      await stage.begin({});
      return stage.request(1);
    },
    expected: 'the module takes no requests of applications',
  },
  {
    name: 'a request may be refused, and answered later',
    play: async (stage) => {
      await stage.begin({
        request:
          'async request(body) { await null; if (body === "bad") throw Object.assign(new Error("not that"), { name: "Refusal", reason: "unwanted" }); return body; }',
      });
      return [await stage.request('bad'), await stage.request('good')];
    },
    expected: ['not that', 'good'],
  },
  {
    name: 'answers to an application that are no JSON, or too large, are refused',
    play: async (stage) => {
      await stage.begin({
        request: 'request(body) { return body === "big" ? "x".repeat(1_048_575) : body === "bytes" ? new Uint8Array(1_048_577) : 1n; }',
      });
      return [await stage.request('big'), await stage.request('bytes'), await stage.request(1)];
    },
    expected: [
      'request() answered 1048577 bytes, 1048576 are allowed',
      'request() answered 1048577 bytes, 1048576 are allowed',
      'request() answered what is not JSON: TypeError: Do not know how to serialize a BigInt',
    ],
  },
  {
    name: 'a request above the limit is refused, with both sizes',
    play: async (stage) => {
      await stage.begin({ request: 'request(body) { return body.length; }' });
      const tried = async (body: Body): Promise<unknown> => stage.request(body).catch(plain);
      return [await tried('x'.repeat(1_048_575)), await tried(new Uint8Array(1_048_577)), await tried(new Uint8Array(1_048_576))];
    },
    expected: ['a request of 1048577 bytes, 1048576 are allowed', 'a request of 1048577 bytes, 1048576 are allowed', 1_048_576],
  },
  {
    name: 'events are told with their topics, from the start of the instance on',
    play: async (stage) => {
      await stage.begin({
        constructor: 'constructor(context) { this.context = context; context.publish("early"); }',
        start: 'start() { const { publish } = this.context; publish({ n: 1 }, "a/b"); publish(2); }',
      });
      await stage.until(() => stage.published.length === 2);
      return stage.published;
    },
    expected: [
      ['a/b', { n: 1 }],
      ['', 2],
    ],
  },
  {
    name: 'what is no event is refused, with both sizes',
    play: (stage) =>
      reported(
        stage,
        `const tried = (...event) => { try { this.context.publish(...event); return 'told'; } catch (error) { return error.name + ': ' + error.message; } };
         this.report = [tried(undefined), tried(1, 'x'.repeat(257)), tried(1, 7), tried('x'.repeat(65_535)), tried('x'.repeat(65_534))];`,
      ),
    expected: [
      'TypeError: an event must be a JSON value',
      'TypeError: the topic of an event must be a text of at most 256 characters',
      'TypeError: the topic of an event must be a text of at most 256 characters',
      'RangeError: an event of 65537 bytes, 65536 are allowed',
      'told',
    ],
  },
  ...(['shutdown', 'removed', 'update'] as const).map((reason): Row => ({
    name: `stop() at ${reason === 'update' ? 'an update hears that, and is silent' : `a ${reason} hears that, and may still exchange`}`,
    play: async (stage) => {
      const stop =
        'async stop(reason) { await this.context.exchange(this.peer, reason).catch(() => null); await this.context.exchange(this.peer, "bye"); }';
      await stage.begin({ start: 'start() { this.peer = this.context.peers(1)[0]; }', stop });
      await stage.stop(reason);
      return stage.heard;
    },
    expected: reason === 'update' ? [] : [reason, 'bye'],
  })),
];
