/** shared-document: a text with marks and a title that everybody may edit at any node, at the same time; all nodes end up with the same. */
import { asBoolean, asJson, asObject, asText, asWord, field } from 'gossip/sdk';
import type { Body, Json, JsonObject } from 'gossip/sdk';
import { Replica } from './replica.ts';
import { insert, range, remove, told, wellFormed } from './text.ts';

const OPERATIONS = ['get', 'delta', 'insert', 'delete', 'mark', 'title'];
const ADDING = new Set(['insert', 'mark', 'title']);
const MARKS = ['bold', 'italic', 'code'];
const MAX_TITLE = 200;

export default class SharedDocument extends Replica {
  /** As in version 1: marks lie between the characters of the same text, where version 1 does not see them. */
  readonly #text = this.doc.getText('text');
  /** New in version 2, and beside what version 1 knows. */
  readonly #about = this.doc.getMap<string>('about');

  override start(): void {
    super.start();
    this.#text.observe((event) => this.context.publish?.(told(event), 'text'));
    this.#about.observe(() => this.context.publish?.({ title: this.#title() }, 'title'));
  }

  override request(body: Body): Json {
    const request = asObject(asJson(body, 'a request'), 'a request');
    const op = asWord(field(request, 'op'), 'op', OPERATIONS);
    if (ADDING.has(op)) this.refuseIfFull();
    switch (op) {
      case 'insert':
        return insert(this.#text, request);
      case 'delete':
        return remove(this.#text, request);
      case 'mark':
        return this.#mark(request);
      case 'title':
        this.#about.set('title', wellFormed(asText(field(request, 'title'), 'title', { max: MAX_TITLE })));
        return { title: this.#title() };
      case 'delta':
        return { delta: this.#text.toDelta() as Json };
      default:
        return { title: this.#title(), text: this.#text.toJSON() };
    }
  }

  #mark(request: JsonObject): Json {
    const { at, length } = range(this.#text, request);
    const mark = asWord(field(request, 'mark'), 'mark', MARKS);
    // null takes it away.
    this.#text.format(at, length, { [mark]: asBoolean(field(request, 'on'), 'on') || null });
    return { length: this.#text.length };
  }

  #title(): string {
    return this.#about.get('title') ?? '';
  }
}
