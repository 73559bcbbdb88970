/** How the root of a cluster came about: each version, what it changed, and who signed it. */
import type { TrustedRoot } from '../../trust/root.ts';
import { rootBeginning, rootDifference } from './root-difference.ts';

export interface RootLogEntry {
  readonly version: number;
  /** By the clock of whoever made it: when, ISO 8601. */
  readonly created: string;
  readonly epoch: number;
  /** SHA-256 of the signed payload. */
  readonly hash: string;
  readonly changes: readonly string[];
  readonly signers: readonly { readonly keyid: string; readonly name: string | null }[];
}

/** Every version that is held, the newest first. */
export function rootLog(newest: TrustedRoot): RootLogEntry[] {
  const entries: RootLogEntry[] = [];
  const names = namesIn(newest);
  for (let at: TrustedRoot | null = newest; at !== null; at = at.previous) {
    const { root, hash, envelope, previous } = at;
    entries.push({
      version: root.version,
      created: new Date(root.created).toISOString(),
      epoch: root.epoch,
      hash,
      changes: previous === null ? rootBeginning(root) : rootDifference(previous.root, root),
      signers: envelope.signatures.map(({ keyid }) => ({ keyid, name: names.get(keyid) ?? null })),
    });
  }
  return entries;
}

/** What a key was called last: the first version names none. */
function namesIn(newest: TrustedRoot): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (let at: TrustedRoot | null = newest; at !== null; at = at.previous) {
    for (const [keyid, { name }] of Object.entries(at.root.keys)) if (name !== undefined && !names.has(keyid)) names.set(keyid, name);
  }
  return names;
}
