/**
 * The signed root file: a version of the root on its way to enough signatures, with the versions before it. Whoever signs it may hold an older one, on a machine that no
 * network reaches, and comes by these steps to the version that the new one follows.
 */
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { readEnvelope } from './envelope.ts';
import { parseForm } from './form.ts';
import { MAX_ROOT_BYTES, ROOT_TYPE } from './root.ts';

export const ROOT_FILE_TYPE = 'gossip/root-file/1';
/** Thousands of versions of a usual size, or some hundreds of the largest. */
export const MAX_ROOT_FILE_BYTES = 32 * 1024 * 1024;

export interface RootFile {
  /** The first version: it says which cluster. */
  readonly root: Envelope;
  /** The versions after it, up to the one that `envelope` follows. */
  readonly steps: readonly Envelope[];
  /** The new version, with the signatures so far. */
  readonly envelope: Envelope;
}

const fileSchema = v.strictObject({
  type: v.literal(ROOT_FILE_TYPE),
  root: v.unknown(),
  steps: v.array(v.unknown()),
  envelope: v.unknown(),
});

export function encodeRootFile({ root, steps, envelope }: RootFile): Uint8Array {
  return canonicalBytes({ type: ROOT_FILE_TYPE, root, steps, envelope });
}

/** The form of a file alone. Nothing in it may be believed until it was followed from a root that is trusted. */
export function decodeRootFile(bytes: Uint8Array): RootFile {
  const value = parseCanonical(bytes, { maxBytes: MAX_ROOT_FILE_BYTES, maxDepth: 8 });
  const { root, steps, envelope } = parseForm(fileSchema, value, 'root file');
  const read = (input: unknown): Envelope => readEnvelope(input, { payloadType: ROOT_TYPE, maxBytes: MAX_ROOT_BYTES }).envelope;
  return { root: read(root), steps: steps.map(read), envelope: read(envelope) };
}
