/** A small code version, as an author's build would leave it. */
import type { Manifest } from '../../../src/model/manifest.ts';
import type { ContentHash } from '../../../src/model/names.ts';
import { encodeManifest, hashBytes, manifestHash } from '../../../src/trust/manifest.ts';

export interface CodeFixture {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly code: ContentHash;
  readonly bytes: number;
  readonly blobs: ReadonlyMap<ContentHash, Buffer>;
}

export function codeOf(contents: Record<string, string | Buffer>): CodeFixture {
  const files = new Map(Object.entries(contents).map(([path, content]) => [path, Buffer.from(content)]));
  const listed = [...files].map(([path, content]) => ({ path, size: content.length, sha256: hashBytes(content) }));
  const manifest: Manifest = { type: 'gossip/manifest/1', files: listed.sort((a, b) => (a.path < b.path ? -1 : 1)) };
  return {
    files,
    manifest,
    manifestBytes: encodeManifest(manifest),
    code: manifestHash(manifest),
    bytes: listed.reduce((sum, { size }) => sum + size, 0),
    blobs: new Map([...files.values()].map((content) => [hashBytes(content), content])),
  };
}

export const COUNTER = codeOf({
  'module.json': '{"name":"counter","version":"1.0.0","entry":"index.js","api":1}',
  'index.js': 'export default class Counter {}\n',
  'lib/deep/merge.js': 'export const merge = 1;\n',
  'lib/copy.js': 'export default class Counter {}\n',
  empty: '',
});
