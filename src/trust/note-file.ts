/** The signed note file: what was decided of a node or a join token, on its way to enough signatures. */
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import { canonicalBytes, parseCanonical } from './canonical.ts';
import { followedFields, readFollowed } from './followed-root.ts';
import type { FollowedRoot } from './followed-root.ts';
import { parseForm } from './form.ts';
import { readNote } from './node-note.ts';
import { MAX_ROOT_FILE_BYTES } from './root-file.ts';

export const NOTE_FILE_TYPE = 'gossip/note-file/1';

/** Its steps lead up to the version under which the note was made. */
export interface NoteFile extends FollowedRoot {
  /** The note, with the signatures so far. */
  readonly envelope: Envelope;
}

const fileSchema = v.strictObject({ type: v.literal(NOTE_FILE_TYPE), ...followedFields, envelope: v.unknown() });

export function encodeNoteFile({ root, steps, envelope }: NoteFile): Uint8Array {
  return canonicalBytes({ type: NOTE_FILE_TYPE, root, steps, envelope });
}

/** The form of a file alone: nothing in it may be believed. */
export function decodeNoteFile(bytes: Uint8Array): NoteFile {
  const value = parseCanonical(bytes, { maxBytes: MAX_ROOT_FILE_BYTES, maxDepth: 8 });
  const { envelope, ...followed } = parseForm(fileSchema, value, 'note file');
  return { ...readFollowed(followed), envelope: readNote(envelope) };
}
