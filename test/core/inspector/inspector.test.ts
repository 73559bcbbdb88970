/** Debuggers in real hosts: they stop a module where they like and nobody takes it for hung; the module gets nothing by it. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Inspector } from '../../../src/core/inspector/inspector.ts';
import { Debugger } from '../../support/debugger.ts';
import { json, moduleSource, OTHER, parsed, until, useHosts } from '../hosting/support.ts';

const hosts = useHosts();
const SOURCES = 'file:///project/dist/';
const ENTRY = `${SOURCES}index.mjs`;
const DOUBLE = 'function double(number) {\n  return 2 * number;\n}';
const DOUBLING = moduleSource({ receive: 'receive(body) { return double(body); }' }, DOUBLE);
/** In it. */
const LINE = { url: ENTRY, lineNumber: 1 };
/** Less than the pauses of these tests, and more than a host's start on a busy machine. */
const HUNG_MS = 1_500;

let count = 0;

async function inspector(returnMs?: number): Promise<{ inspector: Inspector; come: () => Debugger }> {
  const path = join(hosts.dir, `inspector-${count++}.sock`);
  const one = new Inspector({ sources: SOURCES, ...(returnMs !== undefined && { returnMs }) });
  await one.listen(path);
  const come = (): Debugger => {
    const debug = Debugger.onSocket(path);
    onTestFinished(() => debug.leave());
    return debug;
  };
  return { inspector: one, come };
}

async function stopsAt(debug: Debugger): Promise<void> {
  await debug.ask('Debugger.enable');
  await debug.ask('Debugger.setBreakpointByUrl', LINE);
}

test('a host at a breakpoint is waited for, however long; it goes on when it is told to, or when the debugger leaves', async () => {
  const { inspector: one, come } = await inspector();
  const { host, exits } = await hosts.run(DOUBLING, { inspection: one.next(), limits: { hungAfterMs: HUNG_MS } });
  const debug = come();
  expect(await debug.value('21 * 2')).toBe(42);
  await stopsAt(debug);
  const answer = host.deliver(OTHER, json(4), 30_000);
  const paused = await debug.heard('Debugger.paused');
  expect(paused.callFrames[0]).toMatchObject({ functionName: 'double', location: { lineNumber: 1 } });
  const { callFrameId } = paused.callFrames[0];
  const state = host.takeState();
  const since = performance.now();
  await until(() => performance.now() - since > 3 * HUNG_MS, 'the time of a hang, three times over');
  expect(exits).toEqual([]);
  expect((await debug.ask('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'number' })).result.value).toBe(4);
  await debug.ask('Debugger.resume');
  expect(parsed(await answer)).toBe(8);
  expect(await state).not.toEqual([]);

  const again = host.deliver(OTHER, json(5), 30_000);
  await debug.heard('Debugger.paused');
  debug.leave();
  expect(parsed(await again)).toBe(10);
  // Nobody is in it, and it is held to its time again.
  await expect.poll(() => host.silentMs < HUNG_MS, { timeout: 10_000 }).toBe(true);
  expect(exits).toEqual([]);
});

test('one that hangs while nobody looks is ended as ever, also where debuggers may come', async () => {
  const { inspector: one, come } = await inspector();
  const { host, exits } = await hosts.run(moduleSource({ receive: 'receive() { for (;;); }' }), {
    inspection: one.next(),
    limits: { hungAfterMs: HUNG_MS },
  });
  const debug = come();
  await debug.ask('Debugger.enable');
  const answer = host.deliver(OTHER, json(0), 30_000).catch((error: unknown) => error);
  // An endless loop is what one looks for with a debugger.
  const placeOf = async (): Promise<string> => {
    await debug.ask('Debugger.pause');
    return (await debug.heard('Debugger.paused')).callFrames[0].functionName as string;
  };
  while ((await placeOf()) !== 'receive') await debug.ask('Debugger.resume');
  expect(exits).toEqual([]);
  debug.leave();
  expect(await answer).toMatchObject({ code: 'GOSSIP_E_MODULE_HUNG' });
});

test('the module has nothing that it has not elsewhere: no thread, no inspector, no second pipe of use', async () => {
  const { inspector: one } = await inspector();
  const tries = `const tried = (act) => { try { act(); return 'done'; } catch (error) { return error.code; } };`;
  const source = moduleSource(
    {
      inspect: `inspect() { return {
        thread: tried(() => new threads.Worker('', { eval: true })),
        session: tried(() => new inspector.Session().connect()),
        promised: tried(() => new promises.Session().connect()),
        open: tried(() => inspector.open(0)),
        may: ['worker', 'fs.write', 'child', 'net'].filter((scope) => process.permission.has(scope)),
      }; }`,
    },
    `import * as threads from 'node:worker_threads';\nimport * as inspector from 'node:inspector';\nimport * as promises from 'node:inspector/promises';\n${tries}`,
  );
  const { host } = await hosts.run(source, { inspection: one.next() });
  expect(await host.inspect()).toEqual({
    thread: 'ERR_ACCESS_DENIED',
    session: 'ERR_ACCESS_DENIED',
    promised: 'ERR_ACCESS_DENIED',
    open: 'ERR_ACCESS_DENIED',
    may: [],
  });
});

test('a host of an ordinary node is started without all that', async () => {
  const source = moduleSource({
    inspect: `inspect() { return ['worker', 'inspector'].filter((scope) => process.permission.has(scope)); }`,
  });
  const { host } = await hosts.run(source);
  expect(await host.inspect()).toEqual([]);
});

test('the next instance is at the same place, and waits for the debugger of the one before until that has set its breakpoints', async () => {
  const { inspector: one, come } = await inspector(60_000);
  const first = await hosts.run(DOUBLING, { inspection: one.next() });
  const debug = come();
  await stopsAt(debug);
  const asked = first.host.deliver(OTHER, json(1), 30_000);
  await debug.heard('Debugger.paused');

  const constructing = moduleSource(
    { constructor: 'constructor() { this.made = double(6); }', inspect: 'inspect() { return this.made; }' },
    DOUBLE,
  );
  const second = hosts.run(constructing, { inspection: one.next() });
  // It goes on where it stood, for it is to hand its state over.
  await debug.left;
  expect(parsed(await asked)).toBe(2);

  const next = come();
  await stopsAt(next);
  await next.ask('Runtime.runIfWaitingForDebugger');
  expect((await next.heard('Debugger.paused')).callFrames[0]).toMatchObject({ functionName: 'double' });
  await next.ask('Debugger.resume');
  expect(await (await second).host.inspect()).toBe(12);

  // The newest that is there: where it ends, the one before.
  await (await second).host.stop(0);
  await next.left;
  expect(await come().value('typeof WebAssembly')).toBe('object');
  await first.host.stop(0);
});

test('a debugger that comes before there is a host waits for one', async () => {
  const { inspector: one, come } = await inspector(60_000);
  const debug = come();
  const answer = debug.value('6 * 7');
  const started = hosts.run(DOUBLING, { inspection: one.next() });
  expect(await answer).toBe(42);
  await debug.ask('Runtime.runIfWaitingForDebugger');
  expect(parsed(await (await started).host.deliver(OTHER, json(3), 30_000))).toBe(6);
});

test('what is no command is answered as that, and ends nothing', async () => {
  const { inspector: one, come } = await inspector();
  const { host } = await hosts.run(DOUBLING, { inspection: one.next() });
  const debug = come();
  const forms = ['[]', '[1]', '1', 'null', '{"id":null,"method":"Runtime.enable"}', '{"id":1}'];
  const params = ['"x"', '[]', 'null'].map((text) => `{"id":1,"method":"Runtime.enable","params":${text}}`);
  for (const text of [...forms, ...params, 'no JSON']) debug.say(text);
  expect(await debug.value('6 * 7')).toBe(42);
  const codes = (debug.told as unknown as { error: { code: number } }[]).map(({ error }) => error.code);
  expect(codes).toEqual([...[...forms, ...params].map(() => -32_600), -32_700]);
  debug.leave();
  expect(parsed(await host.deliver(OTHER, json(3), 30_000))).toBe(6);
});

test('who does not come back is not waited for beyond the time', async () => {
  const { inspector: one, come } = await inspector(200);
  await hosts.run(DOUBLING, { inspection: one.next() });
  const debug = come();
  expect(await debug.value('1')).toBe(1);
  const { host } = await hosts.run(DOUBLING, { inspection: one.next() });
  expect(parsed(await host.deliver(OTHER, json(2), 30_000))).toBe(4);
});
