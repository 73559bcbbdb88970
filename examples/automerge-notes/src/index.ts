/** automerge-notes: short notes that everybody may write and edit at any node, at the same time, and tick off; all nodes end up with the same. */
import { asBoolean, asJson, asObject, asWord, field } from 'gossip/sdk';
import type { Body, Json } from 'gossip/sdk';
import { add, edit, idIn, notesIn, remove, textIn } from './notes.ts';
import type { Notes } from './notes.ts';
import { Replica } from './replica.ts';

const OPERATIONS = ['list', 'add', 'edit', 'remove', 'tick'];

export default class AutomergeNotes extends Replica<Notes> {
  #added = 0;

  override request(body: Body): Json {
    const request = asObject(asJson(body, 'a request'), 'a request');
    switch (asWord(field(request, 'op'), 'op', OPERATIONS)) {
      case 'add': {
        const note = { text: textIn(request), done: false };
        return this.edited((notes) => add(notes, `${this.context.instanceId}-${++this.#added}`, note));
      }
      case 'edit':
        return this.edited((notes) => edit(notes, request));
      case 'remove':
        return this.edited((notes) => remove(notes, request));
      case 'tick': {
        const done = asBoolean(field(request, 'done'), 'done');
        return this.edited((notes) => {
          const id = idIn(notes, request);
          (notes[id] as Notes[string]).done = done;
          return { id };
        });
      }
      default:
        return Object.fromEntries(notesIn(this.content).map(([id, { text, done = false }]) => [id, { text, done }]));
    }
  }
}
