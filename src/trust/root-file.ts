/** The signed root file: a version of the root on its way to enough signatures, with the versions before it. */
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { followedFields, readFollowed, readRootEnvelope } from './followed-root.ts';
import type { FollowedRoot } from './followed-root.ts';
import { parseForm } from './form.ts';

export const ROOT_FILE_TYPE = 'gossip/root-file/1';
/** Thousands of versions of a usual size, or some hundreds of the largest. */
export const MAX_ROOT_FILE_BYTES = 32 * 1024 * 1024;

/** Its steps lead up to the version that `envelope` follows. */
export interface RootFile extends FollowedRoot {
  /** The new version, with the signatures so far. */
  readonly envelope: Envelope;
}

const fileSchema = v.strictObject({ type: v.literal(ROOT_FILE_TYPE), ...followedFields, envelope: v.unknown() });

export function encodeRootFile({ root, steps, envelope }: RootFile): Uint8Array {
  return canonicalBytes({ type: ROOT_FILE_TYPE, root, steps, envelope });
}

/** The form of a file alone. Nothing in it may be believed until it was followed from a root that is trusted. */
export function decodeRootFile(bytes: Uint8Array): RootFile {
  const value = parseCanonical(bytes, { maxBytes: MAX_ROOT_FILE_BYTES, maxDepth: 8 });
  const { envelope, ...followed } = parseForm(fileSchema, value, 'root file');
  return { ...readFollowed(followed), envelope: readRootEnvelope(envelope) };
}
