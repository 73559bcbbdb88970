/** Notes by their ids, and what may be asked of them. A note is edited where it stands and never written anew: so it keeps fields that this version does not know. */
import * as Automerge from '@automerge/automerge';
import { asText, BadInput, field, Refusal } from 'gossip/sdk';
import type { Json, JsonObject } from 'gossip/sdk';

/** So many that all of them are one answer. */
const MAX_NOTES = 200;
const MAX_TEXT = 500;

export interface Note {
  text: string;
  /** New in version 2: notes of version 1 have none. */
  done?: boolean;
}

/** Names are unique, so no two nodes ever make the same one: they stand at the top, where nothing has to be made before them. */
export type Notes = Record<string, Note>;

/** What is well formed; other nodes may have written what is not. */
export function notesIn(content: Notes): [id: string, note: Note][] {
  return Object.entries(content).filter(([, note]) => typeof (note as Partial<Note> | null)?.text === 'string');
}

export function add(notes: Notes, id: string, note: Note): Json {
  if (Object.keys(notes).length >= MAX_NOTES) throw new Refusal('full', `there are ${MAX_NOTES} notes: remove some`);
  notes[id] = note;
  return { id };
}

/** What others write into the same note at the same time is kept: of the text only what is different is changed. */
export function edit(notes: Notes, request: JsonObject): Json {
  const id = idIn(notes, request);
  Automerge.updateText(notes, [id, 'text'], textIn(request));
  return { id };
}

export function remove(notes: Notes, request: JsonObject): Json {
  const id = idIn(notes, request);
  delete notes[id];
  return { id };
}

export function textIn(request: JsonObject): string {
  const text = asText(field(request, 'text'), 'text', { max: MAX_TEXT });
  if (text.isWellFormed()) return text;
  throw new BadInput('text must not have halves of characters');
}

/** The id of a note that there is. */
export function idIn(notes: Notes, request: JsonObject): string {
  const id = asText(field(request, 'id'), 'id', { max: 100 });
  if (Object.hasOwn(notes, id)) return id;
  throw new Refusal('unknown', `there is no note ${JSON.stringify(id)}`);
}
