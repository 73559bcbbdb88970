/**
 * Modules in WebAssembly, for tests of their authors: the class that a node makes of the code, to be handed to `contractSuite` or a `TestNetwork`.
 *
 * ```ts
 * import { contractSuite } from 'gossip/sdk/contract';
 * import { wasmModule } from 'gossip/sdk/wasm';
 *
 * const Counter = wasmModule(await readFile('dist/main.wasm'));
 * for (const { name, run } of contractSuite(Counter)) test(name, run);
 * ```
 */
export { checkWasm, memoryMbWithin, wasmModule } from './wasm/wasm-module.ts';
export type { WasmOptions } from './wasm/wasm-module.ts';
