/** What a module in WebAssembly hears and says, and what is refused before any of it runs. */
import { describe, expect, it } from 'vitest';
import { TestNetwork } from '../../src/sdk/contract.ts';
import type { TestNode } from '../../src/sdk/contract.ts';
import { checkWasm, wasmModule } from '../../src/sdk/wasm.ts';
import type { JsonObject } from '../../src/sdk/index.ts';
import { assemble, wasmOf, wasmText } from '../support/wasm.ts';
import type { Parts } from '../support/wasm.ts';

async function nodeOf(parts: Parts, settings: JsonObject = {}): Promise<{ network: TestNetwork; node: TestNode; other: TestNode }> {
  const network = new TestNetwork({ seed: 5 });
  const Module = wasmModule(await wasmOf(parts));
  const [node, other] = [await network.add(Module, { settings }), await network.add(Module, { settings })];
  return { network, node, other };
}

/** A text in memory, at an address below the lent room. */
const data = (at: number, text: string): string => `(data (i32.const ${at}) "${text.replaceAll('"', '\\22').replaceAll('\n', '\\0a')}")`;

/** Answers `receive` with what an import gives. */
const gives = (name: string, parameters = '', given = ''): Parts => ({
  imports: `(import "gossip" "${name}" (func $given ${parameters} (result i32))) (import "gossip" "take" (func $take (param i32)))
    (import "gossip" "log" (func $log (param i32 i32)))`,
  receive: `(func (export "receive") (param $call i32) (param i32 i32 i32 i32 i32) (local $bytes i32)
    (local.set $bytes (call $given ${given}))
    (call $take (i32.const 1024))
    (call $log (i32.const 1024) (local.get $bytes))
    (call $answer (local.get $call) (i32.const 0) (i32.const 0) (i32.const 4)))`,
  more: data(0, 'null'),
});

const lastLine = ({ logs }: TestNode): string | undefined => logs.at(-1)?.message;

describe('what is refused', () => {
  const wat = (parts: Parts) => wasmOf(parts);
  const REFUSED: Record<string, [() => Promise<Uint8Array> | Uint8Array, RegExp]> = {
    'no WebAssembly': [() => new TextEncoder().encode('export default class {}'), /^it is not WebAssembly/],
    nothing: [() => new Uint8Array(0), /^it is not whole/],
    'half of a file': [async () => (await wat({})).subarray(0, 150), /not whole|no valid WebAssembly|no memory/],
    'a file that is damaged': [async () => (await wat({})).map((byte, at) => (at === 40 ? byte ^ 0xff : byte)), /no valid WebAssembly/],
    'no version': [() => wat({ version: null }), /states no version of the interface: .*'gossip_interface_1'/],
    'another version': [() => wat({ version: '(func (export "gossip_interface_2"))' }), /against version 2 of the interface/],
    'a version that is no function': [
      () => wat({ version: '(global (export "gossip_interface_1") i32 (i32.const 1))' }),
      /gossip_interface_1/,
    ],
    'no receive': [() => wat({ receive: null }), /^it does not export the function 'receive'/],
    'no alloc': [() => wat({ alloc: null }), /'alloc'/],
    'no free': [() => wat({ free: null }), /'free'/],
    'no transferState': [() => wat({ transferState: null }), /'transferState'/],
    'no acceptState': [() => wat({ acceptState: null }), /'acceptState'/],
    'a start that is no function': [() => wat({ more: '(global (export "start") i32 (i32.const 1))' }), /'start'/],
    'an exchange whose answer nobody takes': [
      () => wat({ imports: '(import "gossip" "exchange" (func (param i32 i32 i32 i32 i32) (result i32)))' }),
      /'onAnswer': whoever imports gossip\.exchange must/,
    ],
    'a timer that nobody hears': [() => wat({ imports: '(import "gossip" "every" (func (param f64) (result i32)))' }), /'onTimer'/],
    'an import of another host': [() => wat({ imports: '(import "env" "abort" (func (param i32 i32 i32 i32)))' }), /imports 'env\.abort'/],
    'an import that there is not': [() => wat({ imports: '(import "gossip" "fetch" (func))' }), /imports 'gossip\.fetch'/],
    'a name of every object': [() => wat({ imports: '(import "gossip" "constructor" (func))' }), /imports 'gossip\.constructor'/],
    'a function of WASI that there is not': [
      () => wat({ imports: '(import "wasi_snapshot_preview1" "sock_open" (func))' }),
      /imports 'wasi_snapshot_preview1\.sock_open'/,
    ],
    'an imported memory': [
      () => wat({ imports: '(import "env" "memory" (memory 1))', memory: null }),
      /no memory of its own: it must export one named 'memory', and import none/,
    ],
    'an imported global': [() => wat({ imports: '(import "gossip" "now" (global i32))' }), /imports the global 'gossip\.now'/],
    'a memory that is not exported': [() => wat({ memory: '(memory 3)' }), /does not export its memory as 'memory'/],
    'a shared memory': [() => wat({ memory: '(memory (export "memory") 3 4 shared)' }), /memory is shared/],
    'a memory that begins too large': [
      () => wat({ memory: '(memory (export "memory") 2561)' }),
      /begins with 2561 pages .* 2560 are allowed/,
    ],
  };

  it.each(Object.entries(REFUSED))('%s', async (_, [bytes, says]) => {
    const code = await bytes();
    expect(() => checkWasm(code)).toThrow(says);
    expect(() => wasmModule(code)).toThrow(says);
  });

  it('a function with other parameters, once it is constructed', async () => {
    const code = await wasmOf({ receive: '(func (export "receive") (param i32 i32 i32))' });
    checkWasm(code);
    await expect(new TestNetwork().add(wasmModule(code))).rejects.toThrow(/'receive' takes 3 parameters, 6 are handed to it/);
  });

  it('a beginning that traps, or calls its host too early', async () => {
    const initialize = '(func (export "_initialize") unreachable)';
    await expect(new TestNetwork().add(wasmModule(await wasmOf({ more: initialize })))).rejects.toThrow(/cannot begin: unreachable/);
    const early = await wasmOf({
      imports: '(import "gossip" "log" (func $log (param i32 i32)))',
      more: '(func $begin (call $log (i32.const 0) (i32.const 0))) (start $begin)',
    });
    await expect(new TestNetwork().add(wasmModule(early))).rejects.toThrow(/calls its host before it is there/);
  });
});

describe('the memory of the code', () => {
  const pages = async (memory: string, memoryMb?: number): Promise<unknown> => {
    const grow = `(func (export "receive") (param $call i32) (param i32 i32 i32 i32 i32)
      (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (i32.store8 (i32.const 0) (i32.const 48))
      (i32.store8 (i32.const 0) (i32.add (i32.const 48) (i32.div_u (memory.size) (i32.const 16))))
      (call $answer (local.get $call) (i32.const 0) (i32.const 0) (i32.const 1)))`;
    const network = new TestNetwork();
    const node = await network.add(wasmModule(await wasmOf({ memory, receive: grow }), memoryMb === undefined ? {} : { memoryMb }));
    return network.deliver(node, null, node.peer);
  };

  it('grows to its bound and no further, whatever maximum it states', async () => {
    expect(await pages('(memory (export "memory") 3)', 5)).toBe(5);
    expect(await pages('(memory (export "memory") 3 65536)', 5)).toBe(5);
    expect(await pages('(memory (export "memory") 3 64)', 5)).toBe(4);
  });

  it('that is full refuses what it has no room for, and the instance goes on', async () => {
    const network = new TestNetwork();
    const node = await network.add(wasmModule(await wasmOf(), { memoryMb: 1 }));
    const [refused, answered] = await Promise.allSettled([
      network.deliver(node, 'x'.repeat(1_000_000), node.peer),
      network.deliver(node, 'small', node.peer),
    ]);
    expect(refused).toMatchObject({ reason: { message: expect.stringMatching(/no room for 1000002 bytes/) as string } });
    expect(answered).toMatchObject({ value: 'small' });
  });
});

describe('what goes in and out', () => {
  it('messages of every size and script, without leaving anything behind', async () => {
    const { network, node, other } = await nodeOf({});
    for (const body of [null, '', 'ä€😀\u0000', { deep: [[[1.5]]] }, 'x'.repeat(1_000_000)]) {
      for (let again = 0; again < 3; again++) expect(await network.deliver(node, body, other.peer)).toEqual(body);
    }
  });

  it('the state, as text', async () => {
    const { node, network } = await nodeOf({});
    expect(node.module.transferState()).toBe('');
    const next = network.construct(wasmModule(await wasmOf({})));
    await next.acceptState('\ufeffa state, ä');
    expect(next.transferState()).toBe('\ufeffa state, ä');
  });

  it('refusals with their reason; what is no JSON or no UTF-8 is the failure of that call alone', async () => {
    const answers = (form: number, at: number, bytes: number): Parts => ({
      receive: `(func (export "receive") (param $call i32) (param i32 i32 i32 i32 i32)
        (call $answer (local.get $call) (i32.const ${form}) (i32.const ${at}) (i32.const ${bytes})))`,
      more: '(data (i32.const 0) "{\\ff\\fe")',
    });
    for (const [parts, says] of [
      [answers(0, 0, 1), /JSON/],
      [answers(0, 1, 2), /not valid|encoded/],
      [answers(7, 0, 1), /unknown form 7/],
    ] as const) {
      const { network, node } = await nodeOf(parts);
      await expect(network.deliver(node, null, node.peer)).rejects.toThrow(says);
      await expect(network.deliver(node, null, node.peer)).rejects.toThrow(says);
    }
  });

  it('bytes: messages and their answers as they are; a state that is handed over as bytes', async () => {
    const { network, node, other } = await nodeOf({});
    const bytes = new Uint8Array([0xff, 0, 1]);
    expect(await network.deliver(node, bytes, other.peer)).toEqual(bytes);
    await node.module.acceptState(new Uint8Array([0x61]));
    expect(node.module.transferState()).toBe('a');
  });

  it('requests of JSON and of bytes, and refusals of them', async () => {
    const { node } = await nodeOf({
      imports: '(import "gossip" "refuse" (func $refuse (param i32 i32 i32 i32 i32)))',
      more: `(func (export "request") (param $call i32) (param $form i32) (param $at i32) (param $bytes i32) (param i32 i32)
          (if (i32.eqz (local.get $bytes)) (then (call $refuse (local.get $call) (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 7)) (return)))
          (call $answer (local.get $call) (local.get $form) (local.get $at) (local.get $bytes)))
        ${data(0, 'empty')} ${data(8, 'say so.')}`,
    });
    expect(await node.request({ a: 1 })).toEqual({ a: 1 });
    expect(await node.request(new Uint8Array([0, 255]))).toEqual(new Uint8Array([0, 255]));
    await expect(node.request(new Uint8Array(0))).rejects.toMatchObject({ name: 'Refusal', reason: 'empty', message: 'say so.' });
  });

  it('an answer that comes later, from a timer', async () => {
    const { network, node } = await nodeOf({
      imports: '(import "gossip" "after" (func $after (param f64) (result i32))) (global $waits (mut i32) (i32.const 0))',
      receive: `(func (export "receive") (param $call i32) (param i32 i32 i32 i32 i32)
        (global.set $waits (local.get $call)) (drop (call $after (f64.const 300))))`,
      more: `(func (export "onTimer") (param i32) (call $answer (global.get $waits) (i32.const 0) (i32.const 0) (i32.const 4)))
        ${data(0, 'true')}`,
    });
    const answered: unknown[] = [];
    void network.deliver(node, null, node.peer).then((answer) => answered.push(answer));
    await network.advance(299);
    expect(answered).toEqual([]);
    await network.advance(2);
    expect(answered).toEqual([true]);
  });

  it('exchanges: the answer, or why there is none, by the number that was given', async () => {
    const { network, node, other } = await nodeOf({
      imports: `(import "gossip" "exchange" (func $exchange (param i32 i32 i32 i32 i32) (result i32)))
        (import "gossip" "log" (func $log (param i32 i32)))`,
      more: `(func (export "request") (param $call i32) (param i32) (param $at i32) (param $bytes i32) (param i32 i32)
          (drop (call $exchange (local.get $at) (local.get $bytes) (i32.const 0) (i32.const 0) (i32.const 6)))
          (call $answer (local.get $call) (i32.const 0) (i32.const 0) (i32.const 6)))
        (func (export "onAnswer") (param $exchange i32) (param $outcome i32) (param i32) (param $at i32) (param $bytes i32)
          (i32.store8 (i32.const 16) (i32.add (i32.const 48) (local.get $exchange)))
          (i32.store8 (i32.const 17) (i32.add (i32.const 48) (local.get $outcome)))
          (call $log (i32.const 16) (i32.const 2))
          (call $log (local.get $at) (local.get $bytes)))
        ${data(0, '"ping"')}`,
    });
    const asks = async (peer: JsonObject): Promise<string[]> => {
      const before = node.logs.length;
      await node.request(peer);
      await network.advance(30_000);
      return node.logs.slice(before).map(({ message }) => message);
    };
    expect(await asks({ ...other.peer })).toEqual(['10', '"ping"']);
    expect(await asks({ id: 'nobody' })).toEqual(['25', expect.stringMatching(/^not a peer/)]);
    expect(await asks({ ...other.peer, id: 'f'.repeat(64) })).toEqual(['33', expect.any(String)]);
    await other.stop();
    expect((await asks({ ...other.peer }))[0]).toMatch(/^4[37]$/);
  });

  it('an exchange of bytes, whose answer must be bytes, with a deadline of its own; and what is only sent', async () => {
    const { network, node, other } = await nodeOf({
      imports: `(import "gossip" "exchange" (func $exchange (param i32 i32 i32 i32 i32 i32 f64) (result i32)))
        (import "gossip" "send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
        (import "gossip" "log" (func $log (param i32 i32)))`,
      more: `(func (export "request") (param $call i32) (param i32) (param $at i32) (param $bytes i32) (param i32 i32)
          (drop (call $exchange (local.get $at) (local.get $bytes) (i32.const 1) (i32.const 0) (i32.const 4) (i32.const 1) (f64.const 2000)))
          (i32.store8 (i32.const 20) (i32.add (i32.const 48) (call $send (local.get $at) (local.get $bytes) (i32.const 1) (i32.const 0) (i32.const 4))))
          (call $answer (local.get $call) (i32.const 0) (i32.const 20) (i32.const 1)))
        (func (export "onAnswer") (param i32) (param $outcome i32) (param $form i32) (param $at i32) (param $bytes i32)
          (i32.store8 (i32.const 16) (i32.add (i32.const 48) (local.get $outcome)))
          (i32.store8 (i32.const 17) (i32.add (i32.const 48) (local.get $form)))
          (call $log (i32.const 16) (i32.const 2))
          (call $log (local.get $at) (local.get $bytes)))
        ${data(0, 'ping')}`,
    });
    expect(await node.request({ ...other.peer })).toBe(0);
    await network.advance(1_000);
    expect(node.logs.map(({ message }) => message)).toEqual(['01', 'ping']);
    expect(await node.request({ id: 'nobody' })).toBe(1);
  });

  it.each([
    ['self', '', '', /^\{"id":"[0-9a-f]{64}","address":"[^"]+","name":"[^"]+"\}$/],
    ['instanceId', '', '', /^[0-9a-f]{32}$/],
    ['deployment', '', '', /^d1$/],
    ['moduleName', '', '', /^[a-z]/],
    ['settings', '', '', /^\{"pace":"slow"\}$/],
    ['peers', '(param i32)', '(i32.const 5)', /^\{"id":"[0-9a-f]{64}".*\}$/],
  ])('what the import %s gives', async (name, parameters, given, says) => {
    const { network, node } = await nodeOf(gives(name, parameters, given), { pace: 'slow' });
    await network.deliver(node, null, node.peer);
    expect(lastLine(node)).toMatch(says);
  });
});

describe('WASI without any grant', () => {
  const wasi = (name: string, parameters: string, given: string, then: string): Parts => ({
    imports: `(import "wasi_snapshot_preview1" "${name}" (func $asked ${parameters} (result i32)))`,
    receive: `(func (export "receive") (param $call i32) (param i32 i32 i32 i32 i32) (local $errno i32)
      (local.set $errno (call $asked ${given}))
      (i32.store8 (i32.const 0) (i32.add (i32.const 48) (i32.div_u (local.get $errno) (i32.const 10))))
      (i32.store8 (i32.const 1) (i32.add (i32.const 48) (i32.rem_u (local.get $errno) (i32.const 10))))
      ${then}
      (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 48)) (then (i32.store8 (i32.const 0) (i32.const 32))))
      (call $answer (local.get $call) (i32.const 0) (i32.const 0) (i32.const 2)))`,
    more: `(data (i32.const 32) "\\40\\00\\00\\00\\09\\00\\00\\00\\49\\00\\00\\00\\03\\00\\00\\00") ${data(64, 'one\nhalf line\n')}`,
  });
  const asked = async (parts: Parts): Promise<{ answer: unknown; node: TestNode }> => {
    const { network, node } = await nodeOf(parts);
    return { answer: await network.deliver(node, null, node.peer), node };
  };

  it('takes output as lines of the log, and none for other files', async () => {
    const write = (descriptor: number): Parts =>
      wasi('fd_write', '(param i32 i32 i32 i32)', `(i32.const ${descriptor}) (i32.const 32) (i32.const 2) (i32.const 16)`, '');
    const { answer, node } = await asked(write(1));
    expect([answer, node.logs.map(({ message }) => message)]).toEqual([0, ['one']]);
    expect((await asked(write(3))).answer).toBe(8);
  });

  it('gives the clock of the context', async () => {
    const { answer } = await asked(
      wasi(
        'clock_time_get',
        '(param i32 i64 i32)',
        '(i32.const 0) (i64.const 1) (i32.const 16)',
        '(i32.store8 (i32.const 1) (i32.add (i32.const 48) (i64.gt_u (i64.load (i32.const 16)) (i64.const 0))))',
      ),
    );
    expect(answer).toBe(1);
  });

  it.each([
    ['fd_prestat_get', '(param i32 i32)', '(i32.const 3) (i32.const 16)', 8],
    ['fd_read', '(param i32 i32 i32 i32)', '(i32.const 0) (i32.const 32) (i32.const 1) (i32.const 16)', 8],
    ['path_unlink_file', '(param i32 i32 i32)', '(i32.const 3) (i32.const 64) (i32.const 3)', 76],
    ['sock_shutdown', '(param i32 i32)', '(i32.const 3) (i32.const 0)', 52],
    ['poll_oneoff', '(param i32 i32 i32 i32)', '(i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)', 52],
    ['environ_sizes_get', '(param i32 i32)', '(i32.const 16) (i32.const 20)', 0],
  ])('%s answers', async (name, parameters, given, errno) => {
    expect((await asked(wasi(name, parameters, given, ''))).answer).toBe(errno);
  });
});

it('chance and time are those of the context: two runs with one seed end alike', async () => {
  const text = wasmText({
    imports: '(import "gossip" "random" (func $random (result f64))) (import "gossip" "now" (func $now (result f64)))',
    receive: `(func (export "receive") (param $call i32) (param i32 i32 i32 i32 i32)
      (i32.store8 (i32.const 0) (i32.add (i32.const 49) (i32.trunc_f64_u (f64.mul (call $random) (f64.const 9)))))
      (i32.store8 (i32.const 1) (i32.add (i32.const 48) (i32.rem_u (i32.wrap_i64 (i64.trunc_f64_u (call $now))) (i32.const 10))))
      (call $answer (local.get $call) (i32.const 0) (i32.const 0) (i32.const 2)))`,
  });
  const Module = wasmModule(await assemble(text));
  const run = async (): Promise<unknown[]> => {
    const network = new TestNetwork({ seed: 9 });
    const node = await network.add(Module);
    return Promise.all(Array.from({ length: 5 }, () => network.deliver(node, null, node.peer)));
  };
  const first = await run();
  expect(await run()).toEqual(first);
  expect(new Set(first).size).toBeGreaterThan(1);
});
