/** Fetches one file: verified, and from where it broke off (attacks A1, A12). */
import { range } from '../../api/blob-range.ts';
import { SMALL_FILE_BYTES } from '../../api/bundle.ts';
import { callTo } from '../../api/routes.ts';
import type { ManifestFile } from '../../model/manifest.ts';
import type { ContentHash } from '../../model/names.ts';
import { GossipError } from '../../model/errors.ts';
import type { ContentStore } from '../store/code/content-store.ts';
import type { Source } from './source.ts';

/** Resolves when the file is whole in the store; what arrived before a failure stays, for the next source. */
export async function fetchBlob(store: ContentStore, source: Source, code: ContentHash, file: ManifestFile): Promise<void> {
  try {
    await resumeBlob(store, source, code, file);
  } catch (error) {
    if (!(error instanceof MixedSources)) throw error;
    // Another source may have given the wrong bytes: this one is judged by its own alone, and they replace them.
    await resumeBlob(store, source, code, file);
  }
}

/** The bytes of several sources together were wrong; they were thrown away. */
class MixedSources extends GossipError {
  constructor(cause: unknown) {
    super('GOSSIP_E_CODE_MISMATCH', 'the bytes of several sources together are not those that were signed', { cause });
  }
}

async function resumeBlob(store: ContentStore, source: Source, code: ContentHash, { sha256, size }: ManifestFile): Promise<void> {
  // Small files are fetched anew sooner than they are looked for: most files are, and each look costs.
  const partial = size <= SMALL_FILE_BYTES ? null : await store.partial(sha256, size);
  const kept = partial?.bytes ?? 0;
  const headers = kept > 0 ? { range: range(kept) } : {};
  const { status, body } = await source.stream({ ...callTo('blob', { hash: code, sha256 }), headers, bytes: size });
  if (partial === null || (status === 200 && kept > 0)) return store.putBlob(sha256, body, size);
  const got = await partial.append(body).catch((error: unknown) => {
    const mismatch = error instanceof GossipError && error.code === 'GOSSIP_E_CODE_MISMATCH';
    throw mismatch && kept > 0 ? new MixedSources(error) : error;
  });
  if (got === 'partial') throw new GossipError('GOSSIP_E_UNREACHABLE', `${source.name} stopped in the middle of the code`);
}
