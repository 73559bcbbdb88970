/** Sends a node the code that it lacks: what an earlier command brought there is not sent again, and large files go one after the other. */
import { RESUMABLE_BYTES } from '../../api/blob-range.ts';
import type { Announced } from '../../api/deployments.ts';
import { GossipError, toGossipError } from '../../model/errors.ts';
import type { ContentHash } from '../../model/names.ts';
import { mapBounded } from '../../model/map-bounded.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';
import type { CodeSource } from './code-source.ts';
import { passageText } from './passage.ts';
import type { Passage } from './passage.ts';

/** Requests for small files at the same time. Large ones would only share the link, and each be slower (decision 31). */
const WIDTH = 4;
/** What was kept was spoiled, as by a power cut, or somebody else adds to it. */
const ANEW: ReadonlySet<string> = new Set(['GOSSIP_E_CODE_MISMATCH', 'GOSSIP_E_BUSY']);
/** The link broke, or was silent for too long. */
const BROKE: ReadonlySet<string> = new Set(['GOSSIP_E_TIMEOUT', 'GOSSIP_E_UNREACHABLE']);

export type Lacking = Extract<Announced, { missing: readonly ContentHash[] }>;

/** `onPassage` is told often how far it has come. */
export async function upload(
  api: NodeApi,
  node: NodeAddress,
  code: CodeSource,
  lacking: Lacking,
  onPassage: (passage: Passage) => void = () => undefined,
): Promise<void> {
  const sizes = new Map((await code.manifest()).files.map(({ sha256, size }) => [sha256, size]));
  const sizeOf = (blob: ContentHash): number => sizes.get(blob) ?? 0;
  const total = lacking.missing.reduce((bytes, blob) => bytes + sizeOf(blob), 0);
  const sent = new Map<ContentHash, number>();
  const received = new Map<ContentHash, number>();
  const passage = (): Passage => ({ total, sent: sum(sent), received: code.keptBy ? sum(received) : null, from: code.keptBy, to: node });
  const told = (counts: Map<ContentHash, number>, blob: ContentHash) => (bytes: number) => {
    counts.set(blob, bytes);
    onPassage(passage());
  };
  const send = async (blob: ContentHash): Promise<void> => {
    const bytes = await code.blob(blob, told(received, blob));
    const put = (from: number | null) => api.putBlob(node, code.reference.hash, blob, bytes, { from, onSent: told(sent, blob) });
    await put(keptOf(lacking, blob, bytes.length)).catch((thrown: unknown) => {
      if (!ANEW.has(toGossipError(thrown).code)) throw thrown;
      return put(null);
    });
  };
  try {
    await mapBounded(
      lacking.missing.filter((blob) => sizeOf(blob) < RESUMABLE_BYTES),
      WIDTH,
      send,
    );
    for (const blob of lacking.missing) if (sizeOf(blob) >= RESUMABLE_BYTES) await send(blob);
  } catch (thrown) {
    throw brokenOff(thrown, passage());
  }
}

/** Where the node goes on with a blob. It tells what it likes: anything but a place within the blob is its beginning. */
function keptOf({ partial = {} }: Lacking, blob: ContentHash, size: number): number {
  const kept = Object.hasOwn(partial, blob) ? partial[blob] : 0;
  return kept !== undefined && Number.isSafeInteger(kept) && kept > 0 && kept < size ? kept : 0;
}

function sum(counts: ReadonlyMap<ContentHash, number>): number {
  return counts.values().reduce((bytes, more) => bytes + more, 0);
}

/** What came is not lost: whoever repeats the command must know that it does not begin again. */
function brokenOff(thrown: unknown, passage: Passage): unknown {
  const { code, message } = toGossipError(thrown);
  if (!BROKE.has(code) || passage.sent === 0) return thrown;
  return new GossipError(code, `${message}; it broke off ${passageText(passage)}`, {
    advice: 'Repeat the command: large files go on where they stopped.',
    cause: thrown,
  });
}
