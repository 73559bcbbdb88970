/** A module in WebAssembly in a real host: it is loaded, trapped, bounded and walled in like any other. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stateOf } from '../../../src/model/state-bytes.ts';
import { textOf } from '../../../src/host/frames.ts';
import { wasmOf, writeWasm } from '../../support/wasm.ts';
import type { Parts } from '../../support/wasm.ts';
import { json, OTHER, parsed, until, useHosts } from './support.ts';

const hosts = useHosts();
let written = 0;

async function code(parts: Parts, limits: object = {}): Promise<string> {
  return writeWasm(join(hosts.dir, `wasm-${written++}`), await wasmOf(parts), { limits });
}

/** A `receive` that does this. */
const receive = (body: string): string =>
  `(func $bad (export "receive") (param $call i32) (param $form i32) (param $at i32) (param $bytes i32) (param i32 i32) ${body})`;
const ENDLESS = '(loop $again (br $again))';

it('answers, hands its state over and shows null where it shows nothing', async () => {
  const { host } = await hosts.run(await code({}));
  expect(parsed(await host.deliver(OTHER, json({ ä: [1, 2] }), 5_000))).toEqual({ ä: [1, 2] });
  expect(await host.inspect()).toBeNull();
  const next = await hosts.start(await code({}));
  await next.host.accept(stateOf('kept'));
  expect(textOf(await next.host.takeState())).toBe('kept');
  await expect(host.request({ form: 'json', bytes: json(1) })).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_DEAF' });
});

describe('a trap is a crash of the module', () => {
  it.each([
    ['unreachable', receive('unreachable'), /Trap: in receive\(\): unreachable \(at bad, wasm-function\[\d+\]:0x[0-9a-f]+\)/],
    ['an address out of bounds', receive('(drop (i32.load (i32.const -4)))'), /out of bounds/],
    ['a division by zero', receive('(drop (i32.div_u (i32.const 1) (i32.const 0)))'), /divide by zero/],
    ['endless recursion', `(func $deep (call $deep)) ${receive('(call $deep)')}`, /call stack/],
    [
      'bytes that do not lie in its memory',
      receive('(call $answer (local.get $call) (i32.const 0) (i32.const -8) (i32.const 16))'),
      /Trap: in receive\(\): /,
    ],
    [
      'a length past all bounds',
      receive('(call $answer (local.get $call) (i32.const 0) (i32.const 0) (i32.const -1))'),
      /Trap: in receive\(\): /,
    ],
  ])('%s', async (_, source, says) => {
    const { host, exits } = await hosts.run(await code({ receive: source }));
    await expect(host.deliver(OTHER, json(0), 5_000)).rejects.toThrow(says);
    await until(() => exits.length > 0, 'the end of the host');
    expect(exits).toEqual([{ code: 'GOSSIP_E_MODULE_CRASH', message: expect.stringMatching(says) as string }]);
  });

  it('in a timer, and by an end of its own', async () => {
    const timer = {
      imports: '(import "gossip" "every" (func $every (param f64) (result i32)))',
      more: '(func (export "start") (param i32) (drop (call $every (f64.const 20)))) (func (export "onTimer") (param i32) unreachable)',
    };
    const exit = {
      imports: '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))',
      receive: receive('(call $exit (i32.const 3))'),
    };
    const [ticking, exiting] = [await hosts.run(await code(timer)), await hosts.run(await code(exit))];
    await expect(exiting.host.deliver(OTHER, json(0), 5_000)).rejects.toThrow(/ended itself with code 3/);
    await until(() => ticking.exits.length > 0 && exiting.exits.length > 0, 'the end of both');
    expect([...ticking.exits, ...exiting.exits].map(({ code: each }) => each)).toEqual(['GOSSIP_E_MODULE_CRASH', 'GOSSIP_E_MODULE_CRASH']);
  });

  it('in a step of its life is the failure of that step', async () => {
    const start = await hosts.start(await code({ more: '(func (export "start") (param i32) unreachable)' }));
    await expect(start.host.activate()).rejects.toMatchObject({
      code: 'GOSSIP_E_MODULE_START',
      message: expect.stringMatching(/Trap: in start\(\): unreachable/) as string,
    });
    const accept = await hosts.start(await code({ acceptState: '(func (export "acceptState") (param i32 i32 i32 i32) unreachable)' }));
    await expect(accept.host.accept(stateOf('any'))).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_STATE' });
    const begin = code({ more: '(func (export "_initialize") unreachable)' });
    await expect(begin.then((directory) => hosts.start(directory))).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_LOAD' });
  });
});

it('an endless loop is found', async () => {
  const { host, exits } = await hosts.run(await code({ receive: receive(ENDLESS) }), { limits: { hungAfterMs: 1_500 } });
  host.deliver(OTHER, json(0), 60_000).catch(() => undefined);
  await until(() => exits.length > 0, 'the end of the host');
  expect(exits).toMatchObject([{ code: 'GOSSIP_E_MODULE_HUNG' }]);
});

it('endless memory ends at the bound that module.json gives: the code hears of it, and the host goes on', async () => {
  const grow = receive(`(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (memory.fill (i32.const 131072) (i32.const 1) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 131072)))
    (i32.store (i32.const 0) (i32.const 0x30303030))
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (i32.div_u (memory.size) (i32.const 160))))
    (call $answer (local.get $call) (i32.const 0) (i32.const 0) (i32.const 1))`);
  const { host, exits } = await hosts.run(await code({ receive: grow }, { heapMb: 32, residentMb: 176 }));
  // (176 - 96) MiB are 1280 pages.
  expect(parsed(await host.deliver(OTHER, json(0), 20_000))).toBeGreaterThanOrEqual(7);
  await host.inspect();
  expect(exits).toEqual([]);
});

it('what does not fit the interface is not loaded, and the reason names it', async () => {
  const REFUSED = [
    [{ imports: '(import "env" "abort" (func (param i32 i32 i32 i32)))' }, /main\.wasm: it imports 'env\.abort', which no host gives/],
    [{ transferState: null }, /main\.wasm: it does not export the function 'transferState'/],
    [{ version: null }, /gossip_interface_1/],
  ] as const;
  for (const [parts, says] of REFUSED) {
    const directory = await code(parts);
    await expect(hosts.start(directory)).rejects.toMatchObject({
      code: 'GOSSIP_E_MODULE_LOAD',
      message: expect.stringMatching(says) as string,
    });
  }
  const damaged = await writeWasm(join(hosts.dir, `wasm-${written++}`), new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 9]));
  await expect(hosts.start(damaged)).rejects.toMatchObject({ code: 'GOSSIP_E_MODULE_LOAD' });
});

it('what it prints by WASI are lines of its log', async () => {
  const { host, lines } = await hosts.run(
    await code({
      imports: '(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))',
      receive: receive(`(drop (call $write (i32.const 2) (i32.const 32) (i32.const 1) (i32.const 16)))
        (call $answer (local.get $call) (i32.const 0) (local.get $at) (local.get $bytes))`),
      more: '(data (i32.const 32) "\\40\\00\\00\\00\\06\\00\\00\\00") (data (i32.const 64) "hello\\0a")',
    }),
  );
  await host.deliver(OTHER, json(0), 5_000);
  await until(() => lines.length > 0, 'a line');
  expect(lines).toEqual(['hello']);
});
