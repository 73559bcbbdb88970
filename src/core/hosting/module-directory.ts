/** Reads the module.json of a code directory. */
import { join } from 'node:path';
import { GossipError } from '../../model/errors.ts';
import { MAX_MODULE_JSON_BYTES, parseModuleJson } from '../../model/module-json.ts';
import type { ModuleJson } from '../../model/module-json.ts';
import { readRegularFile } from '../store/regular-file.ts';

export function readModuleJson(directory: string): ModuleJson {
  return parseModuleJson(readText(join(directory, 'module.json')));
}

function readText(path: string): string {
  try {
    return readRegularFile(path, { maxBytes: MAX_MODULE_JSON_BYTES, code: 'GOSSIP_E_MODULE_JSON', links: false }).toString('utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GossipError('GOSSIP_E_MODULE_JSON', `module.json: cannot be read: ${why}`, { cause });
  }
}
