/** Modules in WebAssembly that tests write as text. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import loadWabt from 'wabt';

/** The compiled example, as it is kept in the repository. */
export const WASM_EXAMPLE = fileURLToPath(new URL('../../examples/wasm/prebuilt/main.wasm', import.meta.url));

/** What a module in WebAssembly is made of; `null` leaves a part out. */
export interface Parts {
  readonly version?: string | null;
  readonly imports?: string;
  readonly memory?: string | null;
  readonly alloc?: string | null;
  readonly free?: string | null;
  readonly receive?: string | null;
  readonly transferState?: string | null;
  readonly acceptState?: string | null;
  /** Further functions, data and whatever else. */
  readonly more?: string;
}

/** It echoes messages, and keeps a state of at most a page. Memory is lent from a stack: who frees in reverse order leaves nothing behind. */
const ECHO: Required<{ [Part in keyof Parts]: string }> = {
  version: '(func (export "gossip_interface_1"))',
  imports: '',
  memory: '(memory (export "memory") 3)',
  alloc: `(func (export "alloc") (param $bytes i32) (result i32) (local $at i32)
    (local.set $at (global.get $top))
    (if (i32.gt_u (i32.add (local.get $at) (local.get $bytes)) (i32.mul (memory.size) (i32.const 65536)))
      (then (if (i32.eq (memory.grow (i32.add (i32.div_u (local.get $bytes) (i32.const 65536)) (i32.const 1))) (i32.const -1))
        (then (return (i32.const 0))))))
    (global.set $top (i32.add (local.get $at) (local.get $bytes)))
    (local.get $at))`,
  free: '(func (export "free") (param $at i32) (param i32) (global.set $top (local.get $at)))',
  receive: `(func (export "receive") (param $call i32) (param $form i32) (param $at i32) (param $bytes i32) (param i32 i32)
    (call $answer (local.get $call) (local.get $form) (local.get $at) (local.get $bytes)))`,
  transferState: `(func (export "transferState") (param $call i32)
    (call $answer (local.get $call) (i32.const 0) (i32.const 65536) (global.get $stateBytes)))`,
  acceptState: `(func (export "acceptState") (param $call i32) (param i32) (param $at i32) (param $bytes i32)
    (if (i32.gt_u (local.get $bytes) (i32.const 65536)) (then unreachable))
    (memory.copy (i32.const 65536) (local.get $at) (local.get $bytes))
    (global.set $stateBytes (local.get $bytes)))`,
  more: '',
};

/** The text of a module; a part that is not given is that of one which echoes. */
export function wasmText(parts: Parts = {}): string {
  const all = Object.entries({ ...ECHO, ...parts });
  const part = (name: keyof Parts): string => all.find(([each]) => each === name)?.[1] ?? '';
  const functions = (['version', 'alloc', 'free', 'receive', 'transferState', 'acceptState', 'more'] as const).map(part);
  return `(module
    (import "gossip" "answer" (func $answer (param i32 i32 i32 i32)))
    ${part('imports')}
    ${part('memory')}
    (global $top (mut i32) (i32.const 131072))
    (global $stateBytes (mut i32) (i32.const 0))
    ${functions.join('\n')})`;
}

export async function assemble(text: string): Promise<Uint8Array> {
  const wabt = await loadWabt();
  const features = { bulk_memory: true, threads: true, memory64: true, exceptions: true, mutable_globals: true };
  const module = wabt.parseWat('module.wat', text, features);
  try {
    return module.toBinary({ write_debug_names: true }).buffer;
  } finally {
    module.destroy();
  }
}

export async function wasmOf(parts: Parts = {}): Promise<Uint8Array> {
  return assemble(wasmText(parts));
}

/** Writes a code directory with this entry; returns it. */
export async function writeWasm(directory: string, bytes: Uint8Array, fields: object = {}): Promise<string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'main.wasm'), bytes);
  const manifest = { name: 'probe', version: '1', entry: 'main.wasm', api: 1, ...fields };
  await writeFile(join(directory, 'module.json'), JSON.stringify(manifest));
  return directory;
}
