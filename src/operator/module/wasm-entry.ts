/** Looks at a module's WebAssembly before it is hashed for a signature or sent: what no node would load is not deployed. Nothing of it runs. */
import { join } from 'node:path';
import { readModuleJson } from '../../core/hosting/module-directory.ts';
import { readRegularFile } from '../../core/store/files/regular-file.ts';
import { GossipError } from '../../model/errors.ts';
import { MAX_CODE_BYTES } from '../../model/manifest.ts';
import type { Manifest } from '../../model/manifest.ts';
import { checkEntry, isWasm } from '../../model/module-json.ts';
import type { ModuleJson } from '../../model/module-json.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { checkWasm, memoryMbWithin } from '../../sdk/wasm.ts';

/** Refuses it by GOSSIP_E_MODULE_LOAD, which names the export or import that is wrong. Entries of other kinds are not looked at. */
export function checkWasmEntry(directory: string, module: ModuleJson): void {
  if (!isWasm(module)) return;
  const bytes = readRegularFile(join(directory, module.entry), { maxBytes: MAX_CODE_BYTES, code: 'GOSSIP_E_CODE_FILE' });
  try {
    checkWasm(bytes, { memoryMb: memoryMbWithin(module.limits.residentMb) });
  } catch (cause) {
    // It tells names out of the file, which may hold anything (attack C11).
    throw new GossipError('GOSSIP_E_MODULE_LOAD', `${module.entry}: ${safeText((cause as Error).message, MAX_TOLD)}`, {
      advice: 'docs/wasm.md lists what a module in WebAssembly exports and may import.',
      cause,
    });
  }
}

/** The same for a directory whose module.json nobody has read yet. One without a module.json, or with one that is wrong, has a hash all the same. */
export async function checkWasmIn(directory: string, manifest: Manifest): Promise<void> {
  const module = await readModuleJson(directory).catch((error: unknown) => {
    if (error instanceof GossipError && error.code === 'GOSSIP_E_MODULE_JSON') return null;
    throw error;
  });
  if (module === null || !isWasm(module)) return;
  checkEntry(module, manifest);
  checkWasmEntry(directory, module);
}
