/** automerge-notes as it was deployed before: notes could not be ticked off. Kept to try the update from it, and the rollback to it. */
import { asJson, asObject, asWord, field } from 'gossip/sdk';
import type { Body, Json } from 'gossip/sdk';
import { add, edit, notesIn, remove, textIn } from '../src/notes.ts';
import type { Notes } from '../src/notes.ts';
import { Replica } from '../src/replica.ts';

export default class AutomergeNotes extends Replica<Notes> {
  #added = 0;

  override request(body: Body): Json {
    const request = asObject(asJson(body, 'a request'), 'a request');
    switch (asWord(field(request, 'op'), 'op', ['list', 'add', 'edit', 'remove'])) {
      case 'add': {
        const note = { text: textIn(request) };
        return this.edited((notes) => add(notes, `${this.context.instanceId}-${++this.#added}`, note));
      }
      case 'edit':
        return this.edited((notes) => edit(notes, request));
      case 'remove':
        return this.edited((notes) => remove(notes, request));
      default:
        return Object.fromEntries(notesIn(this.content).map(([id, { text }]) => [id, text]));
    }
  }
}
