/**
 * The signed recovery file: the root that opens the next trust epoch, what the cluster is to run in it and what was decided of nodes, each on its way to enough signatures. They
 * are signed and injected together, for an epoch begins whole.
 */
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import { GossipError } from '../model/errors.ts';
import { MAX_RECORD_BYTES } from '../sdk/limits.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { DEPLOYMENT_TYPE } from './deployment.ts';
import { readEnvelope } from './envelope.ts';
import { followedFields, readFollowed, readRootEnvelope } from './followed-root.ts';
import { parseForm } from './form.ts';
import { readNote } from './node-note.ts';
import { MAX_ROOT_FILE_BYTES } from './root-file.ts';
import type { RootFile } from './root-file.ts';

export const RECOVERY_FILE_TYPE = 'gossip/recovery-file/1';

/** `envelope` is the root that opens the epoch. */
export interface RecoveryFile extends RootFile {
  /** The deployments that it begins with. */
  readonly records: readonly Envelope[];
  readonly notes: readonly Envelope[];
}

const fileSchema = v.strictObject({
  type: v.literal(RECOVERY_FILE_TYPE),
  ...followedFields,
  envelope: v.unknown(),
  records: v.array(v.unknown()),
  notes: v.array(v.unknown()),
});

/** Refuses one that is too large to be read again (`GOSSIP_E_TOO_LARGE`). */
export function encodeRecoveryFile({ root, steps, envelope, records, notes }: RecoveryFile): Uint8Array {
  const bytes = canonicalBytes({ type: RECOVERY_FILE_TYPE, root, steps, envelope, records, notes });
  if (bytes.length <= MAX_ROOT_FILE_BYTES) return bytes;
  throw new GossipError('GOSSIP_E_TOO_LARGE', `a recovery file of ${bytes.length} bytes, ${MAX_ROOT_FILE_BYTES} are allowed`);
}

/** The form of a file alone: nothing in it may be believed. */
export function decodeRecoveryFile(bytes: Uint8Array): RecoveryFile {
  const value = parseCanonical(bytes, { maxBytes: MAX_ROOT_FILE_BYTES, maxDepth: 8 });
  const { envelope, records, notes, ...followed } = parseForm(fileSchema, value, 'recovery file');
  return {
    ...readFollowed(followed),
    envelope: readRootEnvelope(envelope),
    records: records.map((each) => readEnvelope(each, { payloadType: DEPLOYMENT_TYPE, maxBytes: MAX_RECORD_BYTES }).envelope),
    notes: notes.map(readNote),
  };
}
