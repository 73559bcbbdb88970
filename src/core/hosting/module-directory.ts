/** Reads the module.json of a code directory. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { GossipError } from '../../model/errors.ts';
import { MAX_MODULE_JSON_BYTES, parseModuleJson } from '../../model/module-json.ts';
import type { ModuleJson } from '../../model/module-json.ts';

export async function readModuleJson(directory: string): Promise<ModuleJson> {
  return parseModuleJson(await readText(join(directory, 'module.json')));
}

async function readText(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((cause: unknown) => {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const why = absent
      ? 'is missing: it lies beside the built code'
      : `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new GossipError('GOSSIP_E_MODULE_JSON', `module.json: ${why}`, { cause });
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new GossipError('GOSSIP_E_MODULE_JSON', 'module.json: is not a regular file');
    if (stat.size > MAX_MODULE_JSON_BYTES)
      throw new GossipError('GOSSIP_E_MODULE_JSON', `module.json: has more than ${MAX_MODULE_JSON_BYTES} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
