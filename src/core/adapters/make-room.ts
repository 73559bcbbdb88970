/**
 * Room for incoming code when the quota is full: what is kept only for rollbacks gives way, deepest in its module's history first; what
 * runs, and the newest of each module, never do. A newest deployment gets in all the same, through a reserve as large as the quota: a repair
 * must never be refused because of what it repairs. Only the first deployment of a module must fit.
 */
import type { CodeReference } from '../../model/deployment.ts';
import { GossipError } from '../../model/errors.ts';
import type { ContentHash } from '../../model/names.ts';
import type { ContentStore } from '../store/code/content-store.ts';
import { RESERVE } from '../store/code/quota.ts';

export interface Room {
  readonly content: Pick<ContentStore, 'has' | 'usedBytes' | 'keepOnly'>;
  readonly quotaBytes: number;
  /** What must stay: needed by the node, or on its way in. */
  readonly needed: () => readonly ContentHash[];
  /** What gives way, first one first. */
  readonly spare: () => readonly ContentHash[];
}

/** Resolves when there is room. `mustFit`: nothing is there yet that it would replace. */
export async function makeRoom({ content, quotaBytes, needed, spare }: Room, code: CodeReference, mustFit: boolean): Promise<void> {
  if (await content.has(code.hash)) return;
  // Its files, and what a host reads of them.
  const bytes = 2 * code.bytes;
  const fits = (): boolean => content.usedBytes + bytes <= quotaBytes;
  const waiting = [...spare()].filter((hash) => hash !== code.hash);
  while (!fits() && waiting.length > 0) {
    waiting.shift();
    await content.keepOnly(new Set([...needed(), code.hash, ...waiting]), new Set([...needed(), code.hash]));
  }
  if (fits() || (!mustFit && content.usedBytes + code.bytes <= RESERVE * quotaBytes)) return;
  throw new GossipError(
    'GOSSIP_E_QUOTA',
    `the code needs ${bytes} bytes of disk; ${content.usedBytes} of ${quotaBytes} are used by code that runs or is the newest of its module`,
  );
}
