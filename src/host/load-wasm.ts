/** Loads a module's entry that is WebAssembly. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModuleJson } from '../model/module-json.ts';
import type { ModuleClass } from '../sdk/index.ts';
import { memoryMbWithin, wasmModule } from '../sdk/wasm.ts';

/** The class of the module. Throws an error that says what does not fit the interface. */
export function loadWasm(directory: string, entry: string): ModuleClass {
  const { limits } = parseModuleJson(readFileSync(join(directory, 'module.json'), 'utf8'));
  try {
    return wasmModule(readFileSync(join(directory, entry)), { memoryMb: memoryMbWithin(limits.residentMb) });
  } catch (cause) {
    throw new Error(`${entry}: ${(cause as Error).message}`, { cause });
  }
}
