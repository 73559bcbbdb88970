/** The code version of a directory, from the bytes that lie there now. Links and special files are refused. */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GossipError } from '../../model/errors.ts';
import { MAX_CODE_BYTES, MAX_FILES } from '../../model/manifest.ts';
import type { Manifest, ManifestFile } from '../../model/manifest.ts';
import type { ContentHash } from '../../model/names.ts';
import { hashBytes, manifestHash } from '../../trust/manifest.ts';

export async function hashCode(directory: string): Promise<ContentHash> {
  return manifestHash(await readManifest(directory));
}

export async function readManifest(directory: string): Promise<Manifest> {
  const files: ManifestFile[] = [];
  let bytes = 0;
  for await (const path of filesBelow(directory, '')) {
    const content = await readPlainFile(join(directory, path), MAX_CODE_BYTES - bytes);
    bytes += content.length;
    files.push({ path, size: content.length, sha256: hashBytes(content) });
    if (files.length > MAX_FILES) throw new GossipError('GOSSIP_E_CODE_LIMIT', `more than ${MAX_FILES} files of code`);
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { type: 'gossip/manifest/1', files };
}

async function* filesBelow(directory: string, prefix: string): AsyncGenerator<string> {
  for (const entry of await readdir(join(directory, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(directory, path);
    else if (entry.isFile()) yield path;
    else throw new GossipError('GOSSIP_E_CODE_FILE', `${JSON.stringify(path)} is neither a regular file nor a directory`);
  }
}

async function readPlainFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new GossipError('GOSSIP_E_CODE_LIMIT', `more than ${MAX_CODE_BYTES} bytes of code`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
