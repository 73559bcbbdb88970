/** The page as it was built: a few files, read once, and served by their exact names. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { GossipError } from '../../model/errors.ts';

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}
/** By what stands behind the session's path; the page itself has an empty name. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const BUILT = new URL('../../../dist/dashboard/page/', import.meta.url);
const FILES = [
  ['', 'index.html', 'text/html; charset=utf-8'],
  ['page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['style.css', 'style.css', 'text/css; charset=utf-8'],
  ['icon.svg', 'icon.svg', 'image/svg+xml'],
] as const;

export async function readPageFiles(from: URL = BUILT): Promise<PageFiles> {
  const read = FILES.map(async ([path, name, type]) => [path, { type, bytes: await readFile(new URL(name, from)) }] as const);
  try {
    return new Map(await Promise.all(read));
  } catch (cause) {
    throw new GossipError('GOSSIP_E_INTERNAL', `the page is not at ${fileURLToPath(from)}: the program is not whole`, { cause });
  }
}
